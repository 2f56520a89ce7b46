"""`rapport journey test`: the tests that lie beside journeys, run here on a virtual clock."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from pydantic import TypeAdapter

from cli.definitions import definitions_among
from cli.documents import Document, body_as
from cli.errors import CommandError
from shared.domain.journeys.branching import branch_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.trial import JourneyTest, Tried, try_case
from shared.domain.journeys.triggers import segment_of, triggers_of
from shared.domain.journeys.validate import validate
from shared.domain.segments.condition import TraitCondition
from shared.domain.segments.expand import Definitions
from shared.errors import InvalidInputError

_JOURNEY: Final = TypeAdapter[Journey](Journey)
# Moves of a segment are given, so that nobody asks for its condition.
_NEVER_ASKED: Final = TraitCondition(trait="never asked for", operator="exists")
_TEST: Final = TypeAdapter[JourneyTest](JourneyTest)


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
    documents = list(documents)
    kinds: dict[str, list[Document]] = {}
    for document in documents:
        kinds.setdefault(document.kind, []).append(document)
    tests = [(one, body_as(_TEST, one)) for one in kinds.get("journey_test", ())]
    if not tests:
        raise CommandError("there is no test in these files: a document of `kind: journey_test`")
    definitions = definitions_among(documents)
    journeys = {one.name: (one, body_as(_JOURNEY, one)) for one in kinds.get("journey", ())}
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


def _check(document: Document, journey: Journey, definitions: Definitions) -> None:
    """What could not be published proves nothing; templates are taken on trust."""
    # Moves of segments are given by the cases, so that these need no condition here.
    segments = {*definitions.segments, *filter(None, map(segment_of, triggers_of(journey)))}
    moved = dict.fromkeys(segments, _NEVER_ASKED)
    trusted = replace(
        definitions,
        segments={**moved, **definitions.segments},
        templates=None,
        lists=None,
        journeys=None,
    )
    problems = (
        *validate(journey, trusted),
        *branch_problems(journey, segments),
    )
    if problems:
        raise CommandError(f"{document.place}: {problems[0].path}: {problems[0].message}")
