"""`rapport journey check`: what publishing would say, of files here or of what is deployed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter
from rich.console import Console

from cli import show
from cli.definitions import definitions_among, templates_among
from cli.documents import Document, body_as, read_all
from cli.errors import CommandError
from shared.domain.journeys.branching import branch_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.validate import validate
from shared.domain.journeys.verify.finding import Finding, finding_state
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.journeys.verify.verify import verify
from shared.domain.workspace.answers import FindingState

OUT = Console(highlight=False, soft_wrap=True, markup=False)

_JOURNEY: Final = TypeAdapter[Journey](Journey)


def check_journeys(
    ctx: typer.Context,
    journeys: Annotated[list[str], typer.Argument(help="YAML files, or ids of journeys")],
    deployed: Annotated[
        bool, typer.Option("--deployed", help="check files against what is deployed, too")
    ] = False,
    lake: Annotated[
        bool, typer.Option("--lake", help="ask the event history for events that never came")
    ] = False,
) -> None:
    """Say what is wrong with journeys, and what an operator should hear of them before launch.

    Files are checked here, with the definitions among them; ids by the deployment.
    """
    files = [Path(one) for one in journeys if _is_file(one)]
    query = {"lake": "yes"} if lake else {}
    told: list[tuple[str, list[FindingState]]] = []
    documents = read_all(files)
    if deployed or lake:
        for one in (one for one in documents if one.kind == "journey"):
            answer = ctx.obj.client.post("journeys", "check", body=one.body, **query)
            told.append((one.name, answer["findings"]))
    else:
        told += check_documents(documents, datetime.now(UTC))
    for journey_id in (one for one in journeys if not _is_file(one)):
        answer = ctx.obj.client.post("journeys", journey_id, "check", **query)
        told.append((journey_id, answer["findings"]))
    if not told:
        raise CommandError("there is no journey in these files")
    for name, findings in told:
        OUT.print(show.findings(name, findings, ctx.obj.language))
    if any(one["severity"] == "error" for _, findings in told for one in findings):
        raise typer.Exit(1)


def check_documents(
    documents: Iterable[Document], now: datetime
) -> Iterator[tuple[str, list[FindingState]]]:
    """What there is to say of every journey among documents; raises CommandError for others."""
    known = list(documents)
    journeys = {one.name: body_as(_JOURNEY, one) for one in known if one.kind == "journey"}
    around = Surroundings(
        definitions=definitions_among(known),
        templates=templates_among(known),
        journeys={},
        now=now,
        partial=True,
    )
    for name, journey in journeys.items():
        others = {each: one for each, one in journeys.items() if each != name}
        found = _check(journey, replace(around, journeys=others))
        yield name, [finding_state(one) for one in found]


def _check(journey: Journey, around: Surroundings) -> tuple[Finding, ...]:
    segments = around.definitions.segments.keys()
    problems = (
        *validate(journey, around.definitions),
        *branch_problems(journey, segments),
    )
    return verify(journey, problems, around)


def _is_file(text: str) -> bool:
    return Path(text).suffix in (".yaml", ".yml") or Path(text).is_file()
