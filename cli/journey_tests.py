"""`rapport journey test`: the tests that lie beside journeys, run here on a virtual clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from cli.documents import Document
from cli.errors import CommandError
from shared.domain.journeys.branching import branch_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.trial import JourneyTest, Tried, try_case
from shared.domain.journeys.triggers import segment_of, triggers_of
from shared.domain.journeys.validate import validate
from shared.domain.lifecycle.model import Lifecycle
from shared.domain.segments.condition import Segment
from shared.domain.segments.expand import Definitions
from shared.domain.tags.model import Tag
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError

_SEGMENT: Final = TypeAdapter[Any](Segment)
_TAG: Final = TypeAdapter[Any](Tag)
_LIFECYCLE: Final = TypeAdapter[Any](Lifecycle)
_JOURNEY: Final = TypeAdapter[Any](Journey)
_SETTINGS: Final = TypeAdapter[Any](WorkspaceSettings)
_TEST: Final = TypeAdapter[Any](JourneyTest)


@dataclass(frozen=True, slots=True)
class Told:
    """A case and what came of it, with the place of its document."""

    place: str
    journey_id: str
    tried: Tried


def run_tests(documents: Iterable[Document]) -> Iterator[Told]:
    """Run every test among the documents, with the definitions among them.

    Raises CommandError when there is none, or when a definition cannot be read.
    """
    kinds: dict[str, list[Document]] = {}
    for document in documents:
        kinds.setdefault(document.kind, []).append(document)
    tests = [(one, _read(_TEST, one)) for one in kinds.get("journey_test", ())]
    if not tests:
        raise CommandError("there is no test in these files: a document of `kind: journey_test`")
    definitions = _definitions(kinds)
    journeys = {one.name: (one, _read(_JOURNEY, one)) for one in kinds.get("journey", ())}
    for place, test in tests:
        if test.journey_id not in journeys:
            raise CommandError(f'{place.place}: these files hold no journey "{test.journey_id}"')
        document, journey = journeys[test.journey_id]
        _check(document, journey, definitions)
        for case in test.cases:
            try:
                tried = try_case(case, test.starts_at, journey, definitions)
            except InvalidInputError as error:
                raise CommandError(f"{document.place}: {error.where}: {error}") from error
            yield Told(place.place, test.journey_id, tried)


def _definitions(kinds: dict[str, list[Document]]) -> Definitions:
    segments = {one.name: _read(_SEGMENT, one).condition for one in kinds.get("segment", ())}
    tags = {one.name: _read(_TAG, one) for one in kinds.get("tag", ())}
    found = Definitions(segments, tags)
    for one in kinds.get("lifecycle", ()):
        found = Definitions(segments, tags, _read(_LIFECYCLE, one))
    for one in kinds.get("settings", ()):
        found = Definitions(segments, tags, found.lifecycle, settings=_read(_SETTINGS, one))
    return found


def _read(adapter: TypeAdapter[Any], document: Document) -> Any:  # noqa: ANN401
    """The body as the API would take it; raises CommandError with the place of what is wrong."""
    body = document.body
    try:
        read: BaseModel = adapter.validate_python(body, strict=False)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise CommandError(f"{document.place}: {path}: {first['msg']}") from error
    return read


def _check(document: Document, journey: Journey, definitions: Definitions) -> None:
    """What could not be published proves nothing; templates are taken on trust."""
    templates = {step.template_id for step in journey.steps if step.type == "send"}
    # Moves of segments are given by the cases, so that these need no condition here.
    segments = {*definitions.segments, *filter(None, map(segment_of, triggers_of(journey)))}
    problems = (
        *validate(
            journey,
            segment_ids=segments,
            template_ids=templates,
            stages=definitions.lifecycle.names,
        ),
        *branch_problems(journey, segments),
    )
    if problems:
        raise CommandError(f"{document.place}: {problems[0].path}: {problems[0].message}")
