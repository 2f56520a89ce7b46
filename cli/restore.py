"""`rapport restore`: people made again from the lake after a loss; see docs/recovery.md."""

import time
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from cli.client import Answer
from cli.errors import CommandError

OUT: Final = Console(highlight=False, soft_wrap=True, markup=False)
BARS: Final = Console(stderr=True)
POLL_SECONDS: Final = 2.0

restore_app = typer.Typer(
    no_args_is_help=True, help="People made again from the event history (docs/recovery.md)."
)


@restore_app.command("begin")
def begin(ctx: typer.Context) -> None:
    """Tell nobody from now on of what is found out about people: no journey begins by it."""
    _put(ctx, restoring=True)
    OUT.print("restoring: nobody is told of anything until `rapport restore end`")


@restore_app.command("replay")
def replay(
    ctx: typer.Context,
    from_day: Annotated[
        str | None,
        typer.Option("--from", help="the UTC day from which on; a day before the restored instant"),
    ] = None,
    name: Annotated[
        str, typer.Option(help="the same name goes on where it stopped; each recovery has its own")
    ] = "restore",
    wait: Annotated[bool, typer.Option(help="watch until it is done")] = True,
) -> None:
    """Apply again what arrived in the lake, all or from a day on; repeating doubles nothing."""
    body = {"replay_id": name} | ({"from_day": from_day} if from_day else {})
    answer = ctx.obj.client.post("replays", body=body)
    replay = answer["replay"]
    if answer["outcome"] == "unchanged" and replay["stage"] == "done":
        raise CommandError(
            f"the replay {name} was finished already ({replay['updated_at']}, asked for at "
            f"{replay['created_at']}), and nothing was replayed now: for another recovery give "
            "one of another name, `rapport restore replay --name NEW`"
        )
    OUT.print(f"replay {name}: {answer['outcome']}")
    if wait:
        _watch(ctx, name)


@restore_app.command("show")
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="as `--name` of the replay")] = "restore",
) -> None:
    """Watch a replay until it is done."""
    _watch(ctx, name)


@restore_app.command("end")
def end(ctx: typer.Context) -> None:
    """Tell of what happens again; refused while a replay is not done."""
    open_ones = [r["replay_id"] for r in ctx.obj.client.get("replays")["replays"]
                 if r["stage"] != "done"]  # fmt: skip
    if open_ones:
        raise CommandError(f"{', '.join(open_ones)} is not done: `rapport restore show NAME`")
    _put(ctx, restoring=False)
    OUT.print("told again of everything that happens from now on")


def _put(ctx: typer.Context, *, restoring: bool) -> None:
    settings = ctx.obj.client.get("settings")["settings"]
    ctx.obj.client.put("settings", body={**settings, "restoring": restoring})


def _watch(ctx: typer.Context, name: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=BARS, transient=True) as bar:
        task = bar.add_task("replaying", total=None)
        while True:
            state: Answer = ctx.obj.client.get("replays", name)["replay"]
            total = state["all_objects"] or None
            bar.update(task, description=_said(state), total=total, completed=state["objects"])
            if state["stage"] == "done":
                break
            time.sleep(POLL_SECONDS)
    OUT.print(f"{name}: {_said(state)}")


def _said(state: Answer) -> str:
    return (
        f"{state['stage']}, {state['rows']:,} rows: {state['applied']:,} applied, "
        f"{state['known']:,} known, {state['left_out']:,} left out"
    )
