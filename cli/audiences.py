"""`rapport audience` and `rapport builds`: who belongs to what, and how far builds are."""

import json
import time
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import yaml
from rich import box
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from cli.client import AdminClient
from cli.errors import CommandError
from cli.privacy import fetch

OUT = Console(highlight=False, soft_wrap=True, markup=False)

POLL_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 1_800.0

audience_app = typer.Typer(
    no_args_is_help=True, help="Who is in a segment, on a list, or matches a condition."
)


class _Builds(TyperGroup):
    """Takes a number alone for the build of this number."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        return super().resolve_command(ctx, ["show", *args] if args[0].isdigit() else args)


builds_app = typer.Typer(
    cls=_Builds,
    invoke_without_command=True,
    help="How far the builds of segments, tags and stages are.",
)

Number = Annotated[int, typer.Argument(help="the number of a build")]
Wait = Annotated[bool, typer.Option("--wait", help="until this build is over")]
Whom = Annotated[
    str, typer.Argument(help="segment:<id>, list:<id>, or a YAML or JSON file with a condition")
]


@audience_app.command("estimate")
def estimate(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="YAML or JSON with a condition or a segment")],
) -> None:
    """Count exactly who matches a condition, before it is saved."""
    told = ctx.obj.client.post("segments", "estimate", body={"condition": _condition(file)})
    OUT.print(f"{told['people']} people")
    cost = told["cost"]
    rows = cost["counter_rows"] + cost["cell_rows"] + cost["moment_rows"]
    OUT.print(f"an event that touches it reads {rows} rows at most, writes {cost['rows_written']}")
    if cost["depends_on_time"]:
        OUT.print("it also changes as time goes by, without any event")


@audience_app.command("members")
def members(
    ctx: typer.Context,
    segment_id: Annotated[str, typer.Argument(help="the segment's id")],
    at: Annotated[
        str | None, typer.Option(help="at this instant, such as 2026-11-22T08:00:00Z")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="how many at most")] = 50,
) -> None:
    """Say who is in a segment, or was at an instant."""
    path = ("segments", segment_id, "members")
    print_people(ctx.obj.client, path, {"at": at} if at else {}, limit)


def print_people(
    client: AdminClient, path: tuple[str, ...], query: dict[str, str], limit: int
) -> None:
    """Ask page by page who is somewhere, all for the same instant."""
    shown, cursor = 0, dict[str, str]()
    while shown < limit:
        page = client.get(*path, limit=str(min(limit - shown, 200)), **query, **cursor)
        if not shown:
            OUT.print(f"{page['people']} people at {page['at']}")
        for profile_id in page["profile_ids"]:
            OUT.print(f"  {profile_id}")
        shown += len(page["profile_ids"])
        if not page["cursor"]:
            return
        query, cursor = {**query, "at": page["at"]}, {"cursor": page["cursor"]}


@audience_app.command("overlap")
def overlap(
    ctx: typer.Context,
    audiences: Annotated[list[str], typer.Argument(help="two to six, named as for export")],
) -> None:
    """Count what audiences have in common."""
    body = {"audiences": [named(each) for each in audiences]}
    told = ctx.obj.client.post("audiences", "overlap", body=body)
    table = Table("audience", "people", "in no other", box=box.SIMPLE)
    for name, part in zip(audiences, told["audiences"], strict=True):
        table.add_row(name, str(part["people"]), str(part["only"]))
    OUT.print(table)
    for pair in told["pairs"]:
        both = f"{audiences[pair['first']]} and {audiences[pair['second']]}"
        OUT.print(f"{both}: {pair['people']}")
    OUT.print(f"in any: {told['union']}, in all: {told['intersection']}")


@audience_app.command("export")
def export(
    ctx: typer.Context,
    whom: Whom,
    output: Annotated[Path, typer.Option("--output", "-o", help="the file to write")],
    file_format: Annotated[
        str,
        typer.Option("--format", help="csv, jsonl, google_customer_match or meta_custom_audience"),
    ] = "csv",
    field: Annotated[
        list[str] | None, typer.Option(help="a kind of identifier or a trait; may be repeated")
    ] = None,
    include_without_consent: Annotated[
        bool, typer.Option(help="hand people to a platform who did not agree to marketing")
    ] = False,
) -> None:
    """Write everybody in an audience into a file."""
    consent = {"without_consent": "include"} if include_without_consent else {}
    body = {**named(whom), "format": file_format, "fields": field or [], **consent}
    client: AdminClient = ctx.obj.client
    made = _finished(client, client.post("audiences", "export", body=body)["audience"])
    size = fetch(made["url"], output, ctx.obj.transport)
    OUT.print(f"{output}: {made['written']} of {made['people']} people, {size} bytes")
    _say_left_out(made)


@audience_app.command("snapshot")
def snapshot(
    ctx: typer.Context,
    list_id: Annotated[str, typer.Argument(help="the list to put them on")],
    whom: Whom,
) -> None:
    """Put everybody who is in an audience now on a list."""
    client: AdminClient = ctx.obj.client
    made = client.post("lists", list_id, "snapshot", body=named(whom))["audience"]
    OUT.print(f"{_finished(client, made)['written']} people are on the list {list_id}")


@builds_app.callback()
def builds(ctx: typer.Context) -> None:
    """Tell how far the builds of segments, tags and stages are."""
    if ctx.invoked_subcommand is not None:
        return
    table = Table("build", "definition", "asked for", "status", "people", box=box.SIMPLE)
    for one in ctx.obj.client.get("builds")["builds"]:
        table.add_row(
            str(one["build"]),
            f"{one['subject'].lower()} {one['definition_id']}",
            one["requested_at"],
            one["status"],
            str(one["people"]),
        )
    OUT.print(table)


@builds_app.command("show")
def builds_show(ctx: typer.Context, number: Number, wait: Wait = False) -> None:
    """One build, also as `rapport builds NUMBER`: how far it is and what came of it."""
    _tell(ctx.obj.client, ctx.obj.client.get("builds", str(number))["build"], wait=wait)


@builds_app.command("begin")
def builds_begin(ctx: typer.Context, wait: Wait = False) -> None:
    """Judge everybody anew by everything, from their timelines; nobody is told of what it finds."""
    number = ctx.obj.client.post("builds")["build"]
    _tell(ctx.obj.client, ctx.obj.client.get("builds", str(number))["build"], wait=wait)


@builds_app.command("retry")
def builds_retry(ctx: typer.Context, number: Number, wait: Wait = False) -> None:
    """Begin a build again that failed; whoever was judged by it already is passed over."""
    _tell(ctx.obj.client, ctx.obj.client.post("builds", str(number), "retry")["build"], wait=wait)


def _tell(client: AdminClient, one: dict[str, Any], *, wait: bool) -> None:
    number = str(one["build"])
    while wait and one["status"] in ("waiting", "judging", "latecomers"):
        time.sleep(POLL_SECONDS)
        one = client.get("builds", number)["build"]
    _show(one)
    if one["status"] == "failed":
        raise typer.Exit(1)


def _show(build: dict[str, Any]) -> None:
    OUT.print(f"build {build['build']}: {build['status']}")
    if build["superseded_by"]:
        OUT.print(f"  build {build['superseded_by']} does its work")
    if build["reason"]:
        OUT.print(
            f"  {build['reason']}: once the cause is gone, rapport builds retry {build['build']}"
        )
    people = build["people"] + build["late_people"]
    batches = build["batches"] + build["late_batches"]
    done = build["judged_batches"] if build["judged_batches"] is not None else batches
    OUT.print(f"  {people} people in {batches} batches, {done} of them judged")
    if build["counts"]:
        table = Table("definition", "value", "by SQL", "tally", "difference", box=box.SIMPLE)
        for one in build["counts"]:
            told = (one["by_sql"], one["by_tally"], one["difference"])
            cells = ("" if each is None else str(each) for each in told)
            table.add_row(f"{one['subject'].lower()} {one['definition_id']}", one["name"], *cells)
        OUT.print(table)


def named(whom: str) -> dict[str, Any]:
    """What the API takes for `segment:buyers`, `list:vip` or a file."""
    kind, colon, name = whom.partition(":")
    if colon and kind in ("segment", "list"):
        return {f"{kind}_id": name}
    return {"condition": _condition(Path(whom))}


def _condition(file: Path) -> Any:  # noqa: ANN401 (JSON data)
    try:
        read = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
    is_segment = isinstance(read, dict) and "condition" in read and read.get("type") is None
    return json.loads(json.dumps(read["condition"] if is_segment else read, default=str))


def _finished(client: AdminClient, made: dict[str, Any]) -> dict[str, Any]:
    """Wait until an audience is written down; raises CommandError when it could not be."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while made["status"] == "running":
        if time.monotonic() > deadline:
            raise CommandError(f"audience {made['audience_id']} is still running; ask again later")
        time.sleep(POLL_SECONDS)
        made = client.get("audiences", made["audience_id"])["audience"]
    if made["status"] == "failed":
        raise CommandError(made["reason"])
    return made


def _say_left_out(made: dict[str, Any]) -> None:
    if made["left_without_consent"]:
        OUT.print(f"{made['left_without_consent']} did not agree to marketing and are left out")
    if made["left_without_address"]:
        OUT.print(f"{made['left_without_address']} have no address or number to be matched by")
