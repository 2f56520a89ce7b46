"""`rapport journey backtest` and `rapport journey cost`: what a journey would do, and costs."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli import backtest_show
from cli.client import AdminClient
from cli.definitions import definitions_among
from cli.documents import read_all
from cli.errors import CommandError
from cli.local_backtest import Files, backtest, journey_among
from cli.privacy import fetch
from cli.story_words import Language
from shared.domain.backtests.telling import told, told_cost
from shared.domain.costs.preview import preview

OUT = Console(highlight=False, soft_wrap=True, markup=False)
ERR = Console(highlight=False, stderr=True)

POLL_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 7_200.0

What = Annotated[list[str], typer.Argument(help="the journey's id; or YAML files, with --events")]
JourneyOption = Annotated[
    str | None, typer.Option("--journey", help="which one, where the files hold several")
]
AsJson = Annotated[bool, typer.Option("--json", help="the answer as it is")]


def backtest_journey(
    ctx: typer.Context,
    what: What,
    first_day: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="the first day of the period"),
    ] = None,
    last_day: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="the last day of the period"),
    ] = None,
    version: Annotated[
        int | None, typer.Option(min=1, help="a version; the newest, published or not, without it")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="a file of events, a line of JSON each, to be replayed here")
    ] = None,
    journey: JourneyOption = None,
    runs: Annotated[
        Path | None, typer.Option(help="write every run with its trace into this file")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="until it is done")] = True,
    as_json: AsJson = False,
) -> None:
    """Replay a past period through a journey: who would have entered, what would have gone out.

    It reports reach and load, and does not predict lift.
    """
    if events is not None:
        files = journey_among(read_all(map(Path, what)), journey)
        first, last = (each.date() if each else None for each in (first_day, last_day))
        with _bar() as advance:
            found = backtest(files, events, first, last, lambda done, of: advance(done / of))
        _show(dict(told(found)), backtest_show.report, ctx.obj.language, as_json=as_json)
        return
    if first_day is None or last_day is None or len(what) != 1:
        raise CommandError("name one journey, and a period by --from and --to")
    asked = {
        "first_day": first_day.date().isoformat(),
        "last_day": last_day.date().isoformat(),
        "runs": runs is not None,
        **({} if version is None else {"version": version}),
    }
    client: AdminClient = ctx.obj.client
    one = client.post("journeys", what[0], "backtests", body=asked)["backtest"]
    if not wait:
        OUT.print(f"{one['backtest_id']}: {one['status']}")
        return
    one = _finished(client, one)
    if runs is not None:
        _fetch(one["runs_urls"], runs, ctx.obj.transport)
    _show(one["report"], backtest_show.report, ctx.obj.language, as_json=as_json)


def show_backtest(
    ctx: typer.Context,
    backtest_id: Annotated[str, typer.Argument(help="as `journey backtest --no-wait` told it")],
    wait: Annotated[bool, typer.Option("--wait", help="until it is done")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a backtest that was asked for before."""
    client: AdminClient = ctx.obj.client
    one = client.get("backtests", backtest_id)["backtest"]
    if wait:
        one = _finished(client, one)
    if one["report"] is None:
        OUT.print(f"{one['status']}: {one['done_share']:.0%}, {one['people']} people")
        return
    _show(one["report"], backtest_show.report, ctx.obj.language, as_json=as_json)


def preview_cost(
    ctx: typer.Context,
    what: Annotated[list[str], typer.Argument(help="the journey's id; or YAML files")],
    people: Annotated[int, typer.Option(min=1, help="for so many people")] = 1_000_000,
    version: Annotated[int | None, typer.Option(min=1, help="the newest without it")] = None,
    trait: Annotated[
        list[str] | None,
        typer.Option(help="name=value of the example person that texts are rendered for"),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(min=0.01, help="fail when it can cost more dollars than this")
    ] = None,
    journey: JourneyOption = None,
    as_json: AsJson = False,
) -> None:
    """Say what a journey costs before anybody is in it: the least and the most, by both clocks."""
    traits = dict(_pair(one) for one in trait or ())
    if all(Path(one).is_file() for one in what):
        files = journey_among(read_all(map(Path, what)), journey)
        found = dict(_local_cost(files, traits, people, budget))
    else:
        if len(what) != 1:
            raise CommandError("name one journey, or files that are there")
        asked: dict[str, Any] = {"people": people, "traits": traits}
        asked |= {} if version is None else {"version": version}
        asked |= {} if budget is None else {"budget_usd": budget}
        found = ctx.obj.client.post("journeys", what[0], "cost", body=asked)["cost"]
    _show(found, backtest_show.cost, ctx.obj.language, as_json=as_json)
    if found["is_within_budget"] is False:
        raise typer.Exit(1)


def _local_cost(
    files: Files, traits: dict[str, str], people: int, budget: float | None
) -> Iterable[tuple[str, Any]]:
    settings = definitions_among(files.documents).settings
    now = datetime.now(UTC).astimezone(settings.zone)
    found = preview(files.journey, files.templates, traits, now, settings.public_url)
    return told_cost(files.journey, 1, found, people, budget).items()


def _fetch(urls: list[str], target: Path, transport: httpx.BaseTransport | None) -> None:
    """Write the pieces of a file into one."""
    with target.open("wb") as whole:
        for number, url in enumerate(urls):
            piece = target.with_name(f"{target.name}.{number}")
            fetch(url, piece, transport)
            whole.write(piece.read_bytes())
            piece.unlink()


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"--trait {text}: write it as name=value")
    return name, value


def _finished(client: AdminClient, one: dict[str, Any]) -> dict[str, Any]:
    """Wait until a backtest is done, with its progress; raises CommandError when it fails."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with _bar() as advance:
        while one["status"] == "running":
            if time.monotonic() > deadline:
                again = f"rapport journey show-backtest {one['backtest_id']}"
                raise CommandError(f"it is still running: {again}")
            time.sleep(POLL_SECONDS)
            one = client.get("backtests", one["backtest_id"])["backtest"]
            advance(one["done_share"])
    if one["status"] == "failed":
        raise CommandError(one["reason"])
    if one["report"] is None:
        raise CommandError("somebody was erased, and the report with them: ask for it again")
    return one


@contextmanager
def _bar() -> Iterator[Callable[[float], None]]:
    """A bar of what is done, where somebody looks at a terminal."""
    with Progress(console=ERR, transient=True, disable=not ERR.is_terminal) as progress:
        task = progress.add_task("backtest", total=1.0)
        yield lambda share: progress.update(task, completed=share)


def _show(
    found: dict[str, Any],
    lines: Callable[[dict[str, Any], Language], Iterable[str | Table]],
    language: Language,
    *,
    as_json: bool,
) -> None:
    if as_json:
        OUT.print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for line in lines(found, language):
        OUT.print(line)
