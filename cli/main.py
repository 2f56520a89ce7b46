"""The `rapport` command: what operators and engineers do, over the admin API."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Console
from typer.core import TyperGroup

from cli import show
from cli.apply import apply
from cli.audiences import audience_app, builds_app
from cli.audit import audit
from cli.backtests import backtest_journey, preview_cost, show_backtest
from cli.broadcasts import broadcast_app
from cli.client import AdminClient
from cli.consents import consent, suppression_app
from cli.dlq import dlq_app
from cli.doctor import Outside, examine
from cli.documents import Document, read, read_all
from cli.errors import CommandError
from cli.identity import identity_app
from cli.imports import import_app
from cli.journey_check import check_journeys
from cli.journey_diff import compare
from cli.journey_past import replay, why
from cli.journey_pull import pull
from cli.journey_tests import run_tests
from cli.lake import sql
from cli.machines import machines
from cli.moves import archive, delete, move, moves
from cli.outbox import outbox
from cli.privacy import erase, export, receipt
from cli.reconcile import reconcile
from cli.restore import restore_app
from cli.story import tell
from cli.story_words import Language
from cli.tags import lifecycle_app, list_app, tag_app
from cli.target import Target, find_target
from cli.tasks import task_app
from cli.templates import template_app
from cli.write_keys import write_key_app

OUT = Console(highlight=False, soft_wrap=True, markup=False)
ERR = Console(highlight=False, soft_wrap=True, markup=False, stderr=True)


@dataclass
class Desk:
    """What every command works with.

    In tests `transport` takes the place of the network, and `outside` that of DNS and the clock.
    """

    url: str | None = None
    key: str | None = None
    language: Language = "en"
    transport: httpx.BaseTransport | None = None
    outside: Outside = field(default_factory=Outside)

    @cached_property
    def target(self) -> Target:
        """The deployment to speak to."""
        return find_target(self.url, self.key, Path.cwd())

    @cached_property
    def client(self) -> AdminClient:
        """Its admin API."""
        return AdminClient(self.target.url, self.target.key, self.transport)


class _Group(TyperGroup):
    """Says what went wrong in one line, without a traceback."""

    def invoke(self, *arguments: Any) -> Any:  # noqa: ANN401
        try:
            return super().invoke(*arguments)
        except CommandError as error:
            ERR.print(f"rapport: {error}", style="red")
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=_Group, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
journey_app = typer.Typer(no_args_is_help=True, help="Journeys and who may enter them.")
segment_app = typer.Typer(no_args_is_help=True, help="Segments with their sizes.")
app.add_typer(journey_app, name="journey")
app.add_typer(segment_app, name="segment")
app.add_typer(write_key_app, name="write-key")
app.add_typer(identity_app, name="identity")
app.add_typer(import_app, name="import")
app.add_typer(tag_app, name="tag")
app.add_typer(list_app, name="list")
app.add_typer(task_app, name="task")
app.add_typer(restore_app, name="restore")
app.add_typer(dlq_app, name="dlq")
app.add_typer(template_app, name="template")
app.add_typer(lifecycle_app, name="lifecycle")
app.add_typer(audience_app, name="audience")
app.add_typer(broadcast_app, name="broadcast")
app.command("sql")(sql)
app.add_typer(builds_app, name="builds")
app.command()(audit)
app.command()(consent)
app.command()(outbox)
app.command()(export)
app.command()(erase)
app.command()(receipt)
app.command()(reconcile)
app.add_typer(suppression_app, name="suppression")

Kind = Annotated[
    str, typer.Argument(help="a kind of identifier, such as user_id or email; or profile_id")
]
Value = Annotated[str, typer.Argument(help="the identifier")]
JourneyId = Annotated[str, typer.Argument(help="the journey's id")]


@app.callback()
def main(
    ctx: typer.Context,
    url: Annotated[
        str | None, typer.Option(envvar="RAPPORT_URL", help="address of the API")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            envvar=["RAPPORT_ADMIN_KEY", "RAPPORT_TOKEN"],
            help="the admin key, or an operator's access token",
        ),
    ] = None,
    lang: Annotated[
        Language, typer.Option(envvar="RAPPORT_LANG", help="of the texts for operators")
    ] = "en",
) -> None:
    """Rapport: know each person, act at the right moment.

    Without --url and --key it speaks to the stack that `make up` runs here.
    """
    desk = ctx.ensure_object(Desk)
    desk.url, desk.key, desk.language = url, key, lang


@app.command("apply")
def apply_command(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="YAML files of definitions")],
    announce: Annotated[
        bool, typer.Option("--announce", help="tell of flips that the change itself brings")
    ] = False,
) -> None:
    """Put settings, segments, tags, journeys and so on; what is there already stays as it is."""
    documents: list[Document] = []
    failed = False
    for found in (found for file in files for found in read(file)):
        if isinstance(found, Document):
            documents.append(found)
        else:
            ERR.print(f"{found}", style="red")
            failed = True
    for applied in apply(ctx.obj.client, documents, announce=announce):
        OUT.print(show.applied(applied, ctx.obj.language))
        failed = failed or bool(applied.problems)
    if failed:
        raise typer.Exit(1)


@app.command()
def profile(
    ctx: typer.Context,
    kind: Kind,
    value: Value,
    events: Annotated[int, typer.Option(min=1, help="how many events at most")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="the answer as it is")] = False,
) -> None:
    """Tell one person's story, line by line."""
    known = _profile(ctx.obj.client, kind, value, events)
    if as_json:
        OUT.print(json.dumps(known, ensure_ascii=False, indent=2))
        return
    zone = ZoneInfo(ctx.obj.client.get("settings")["settings"]["timezone"])
    for line in tell(known, ctx.obj.language, zone):
        OUT.print(line)


@app.command()
def figures(ctx: typer.Context) -> None:
    """Segment sizes, enrolments by outcome, messages by status."""
    for table in show.figures(ctx.obj.client.get("figures")["figures"]):
        OUT.print(table)


@app.command()
def doctor(ctx: typer.Context) -> None:
    """Look for what would keep people from hearing of it, and say what to do."""
    problems = 0
    for check in examine(ctx.obj.client, ctx.obj.target.account, ctx.obj.outside):
        OUT.print(show.check(check, ctx.obj.language))
        problems += check.finding == "problem"
    if problems:
        raise typer.Exit(1)


@segment_app.command("list")
def segment_list(ctx: typer.Context) -> None:
    """All segments: how many match, and what they say."""
    OUT.print(show.segments(ctx.obj.client.get("segments")["segments"], ctx.obj.language))


@journey_app.command("list")
def journey_list(ctx: typer.Context) -> None:
    """All journeys with their status and enrolments."""
    counted = ctx.obj.client.get("figures")["figures"]["journeys"]
    OUT.print(show.journeys(ctx.obj.client.get("journeys")["journeys"], counted))


@journey_app.command("show")
def journey_show(ctx: typer.Context, journey_id: JourneyId) -> None:
    """One journey, as it was put."""
    OUT.print(show.journey(ctx.obj.client.get("journeys", journey_id)))


@journey_app.command("figures")
def journey_figures(
    ctx: typer.Context,
    journey_id: JourneyId,
    version: Annotated[int | None, typer.Option(help="else that which people enter")] = None,
) -> None:
    """How many stand at each step now, and how many went which way."""
    query = {"version": str(version)} if version else {}
    found = ctx.obj.client.get("journeys", journey_id, "figures", **query)
    for table in show.journey_figures(found):
        OUT.print(table)


journey_app.command("check")(check_journeys)
journey_app.command("why")(why)
journey_app.command("replay")(replay)
journey_app.command("machines")(machines)
journey_app.command("moves")(moves)
journey_app.command("move")(move)
journey_app.command("archive")(archive)
journey_app.command("delete")(delete)
journey_app.command("pull")(pull)
journey_app.command("backtest")(backtest_journey)
journey_app.command("show-backtest")(show_backtest)
journey_app.command("cost")(preview_cost)


@journey_app.command("publish")
def journey_publish(ctx: typer.Context, journey_id: JourneyId) -> None:
    """Let people enter the newest version."""
    published = ctx.obj.client.post("journeys", journey_id, "publish")
    OUT.print(show.state(published))
    for found in published["warnings"]:
        OUT.print(show.finding(found, ctx.obj.language))


@journey_app.command("pause")
def journey_pause(ctx: typer.Context, journey_id: JourneyId) -> None:
    """Let nobody enter and send nothing; people inside stay where they are."""
    OUT.print(show.state(ctx.obj.client.post("journeys", journey_id, "pause")))


@journey_app.command("resume")
def journey_resume(ctx: typer.Context, journey_id: JourneyId) -> None:
    """Let people enter again."""
    OUT.print(show.state(ctx.obj.client.post("journeys", journey_id, "resume")))


@journey_app.command("diff")
def journey_diff(
    ctx: typer.Context,
    files: Annotated[list[Path], typer.Argument(help="YAML files of journeys")],
) -> None:
    """Say what applying these files would change in journeys, by meaning and not by lines."""
    journeys = [one for one in read_all(files) if one.kind == "journey"]
    for document in journeys:
        differences = compare(ctx.obj.client, document, ctx.obj.language)
        OUT.print(show.differences(document.name, differences))


@journey_app.command("test")
def journey_test(
    files: Annotated[list[Path], typer.Argument(help="YAML files of journeys and their tests")],
) -> None:
    """Run the tests that lie beside journeys, here and on a virtual clock; asks no deployment."""
    passed = failed = 0
    for told in run_tests(read_all(files)):
        OUT.print(show.tried(told))
        failed += bool(told.tried.differences)
        passed += not told.tried.differences
    OUT.print(f"{passed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


def _profile(client: AdminClient, kind: str, value: str, events: int) -> Any:  # noqa: ANN401
    """The answer with as many events as asked for, newest first."""
    known = client.get("profiles", kind=kind, value=value, limit=str(min(events, 200)))["profile"]
    timeline = known["timeline"]
    while timeline["cursor"] and len(timeline["events"]) < events:
        limit = str(min(events - len(timeline["events"]), 200))
        page = client.get(
            "profiles", kind=kind, value=value, limit=limit, cursor=timeline["cursor"]
        )["profile"]["timeline"]
        timeline["events"] += page["events"]
        timeline["cursor"] = page["cursor"]
    return known
