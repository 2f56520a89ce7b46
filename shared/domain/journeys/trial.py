"""Tests of journeys as operators write them: what somebody does, and what shall come of it.

They run on a virtual clock through the interpreter, offline and in milliseconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from shared.domain.events.model import Event
from shared.domain.events.own import TASK_DONE
from shared.domain.histories.view import Told, active_in, view_at
from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Act, Asked, SendMessage
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.entry import enters
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.kinds import AskingStep, BranchStep
from shared.domain.journeys.parts import Part, Slug, StepName, not_a_bare_number
from shared.domain.journeys.steps.asked import asked_by, task_id
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.journeys.triggers import moved, segment_trigger, stage_trigger
from shared.domain.journeys.walk import walk
from shared.domain.segments.condition import Node
from shared.domain.segments.expand import Definitions, expand
from shared.domain.segments.nodes.person import Stage
from shared.domain.segments.references import References, all_references, references

After = Annotated[
    timedelta,
    BeforeValidator(not_a_bare_number),
    Field(ge=timedelta(0), le=timedelta(days=3_650)),
]
"""How long after the beginning of the test, as an ISO 8601 duration; `PT0S` is the beginning."""

MONDAY: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_WORKSPACE: Final = "test"
_PERSON: Final = "somebody"
_ENROLMENT: Final = "test"


class Given(Part):
    """Something that the person does, or a move between segments or lifecycle stages.

    `done` names an `assign` step: somebody does the task of its first visit.
    """

    at: After = timedelta(0)
    event: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    properties: dict[str, Any] = Field(default_factory=dict)
    segment_id: Slug | None = None
    stage: Stage | None = None
    done: StepName | None = None
    edge: Literal["entered", "exited", "left"] = "entered"

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        named = (self.event, self.segment_id, self.stage, self.done)
        if sum(one is not None for one in named) != 1:
            raise ValueError("needs one of `event`, `segment_id`, `stage` and `done`")
        if self.edge == ("exited" if self.stage else "left"):
            raise ValueError("a segment is `entered` or `exited`, a stage `entered` or `left`")
        return self


class ExpectedAsk(Part):
    """What a step asks for; without `at` at whatever time."""

    step: StepName
    at: After | None = None


class Expected(Part):
    """What shall come of it; what is left out may be anything.

    `actions` are updates, rewards, calls of servers, journeys that are started, and tasks; a task
    that is handed on because it is overdue counts again.
    """

    enters: bool = True
    messages: tuple[ExpectedAsk, ...] | None = None
    actions: tuple[ExpectedAsk, ...] | None = None
    status: Literal["completed", "exited"] | None = None
    reason: str | None = None
    at: After | None = None


class Case(Part):
    """One person's story."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    traits: dict[str, Any] = Field(default_factory=dict)
    given: Annotated[tuple[Given, ...], Field(min_length=1, max_length=1_000)]
    expect: Expected


class JourneyTest(Part):
    """Cases for one journey; `starts_at` is the instant from which `at` is counted."""

    journey_id: Slug
    starts_at: AwareDatetime = MONDAY
    cases: Annotated[tuple[Case, ...], Field(min_length=1, max_length=1_000)]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a case: the differences, none when it is as expected, and the run, if any."""

    case: Case
    differences: tuple[str, ...]
    enrolment: Enrolment | None


def try_case(case: Case, starts_at: datetime, journey: Journey, definitions: Definitions) -> Tried:
    """Let a story happen from `starts_at` on; raises ExpansionError when a branch means nothing.

    Of several entries the first counts. Natural days are those of the workspace's time zone.
    """
    told = _told(case, starts_at)
    happenings = _happenings(case, starts_at)
    entry = next((one for one in happenings if enters(journey, one)), None)
    enrolment = None
    if entry is not None:
        everybody = journey.model_copy(update={"holdout": 0})  # a test is not about who is drawn
        enrolment = enrol(
            everybody,
            1,
            entry,
            workspace_id=_WORKSPACE,
            profile_id=_PERSON,
            enrolment_id=_ENROLMENT,
        ).enrolment
        later = [one for one in happenings if one is not entry]
        for made in walk(journey, enrolment, later, _Knowing(told, definitions).facts):
            enrolment = made.enrolment
    return Tried(case, tuple(_differences(case.expect, journey, enrolment, starts_at)), enrolment)


class _Knowing:
    """What is known of the person whenever a step asks."""

    def __init__(self, told: Sequence[Told], definitions: Definitions) -> None:
        self._told = told
        self._definitions = definitions
        self._zone = definitions.settings.zone
        self._traits = frozenset(name for each in told for name in each.event.traits)

    def facts(self, step: AskingStep, at: datetime) -> Facts:
        arms: tuple[Node, ...] = ()
        needed = References(traits=self._traits)
        if isinstance(step, BranchStep):
            arms = tuple(expand(arm.when, self._definitions) for arm in step.arms)
            needed = all_references(map(references, arms))
        view = view_at(at, self._told, needed, self._zone)
        return Facts(view, self._zone, arms, active_in(self._told))


def _told(case: Case, starts_at: datetime) -> list[Told]:
    claimed = _event("$identify", starts_at, "traits", traits=case.traits)
    done = [
        _event(given.event, starts_at + given.at, f"given {place}", properties=given.properties)
        for place, given in enumerate(case.given)
        if given.event is not None
    ]
    return [Told(_PERSON, each) for each in (claimed, *done)]


def _event(
    name: str,
    at: datetime,
    message_id: str,
    traits: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
) -> Event:
    return Event(
        workspace_id=_WORKSPACE,
        source_id="test",
        message_id=message_id,
        type="identify" if name == "$identify" else "track",
        name=name,
        occurred_at=at,
        received_at=at,
        timestamp=at,
        user_id=_PERSON,
        traits=dict(traits or {}),
        properties=dict(properties or {}),
    )


def _happenings(case: Case, starts_at: datetime) -> list[Happened]:
    found = [_happened(given, place, starts_at) for place, given in enumerate(case.given)]
    return sorted(found, key=lambda one: one.occurred_at)


def _happened(given: Given, place: int, starts_at: datetime) -> Happened:
    at = starts_at + given.at
    if given.segment_id is not None:
        return moved("segment", segment_trigger(given.segment_id, given.edge), at)
    if given.stage is not None:
        return moved("lifecycle", stage_trigger(given.stage, given.edge), at)
    if given.done is not None:
        which = {"task_id": task_id(_ENROLMENT, given.done, 1)}
        fact_id = f"given {place}"
        return Happened(fact_id=fact_id, trigger=TASK_DONE, occurred_at=at, properties=which)
    return Happened(
        fact_id=f"given {place}",
        trigger=given.event or "",
        occurred_at=at,
        properties=given.properties,
    )


def _differences(
    expected: Expected, journey: Journey, enrolment: Enrolment | None, starts_at: datetime
) -> Iterator[str]:
    if enrolment is None:
        if expected.enters:
            yield "nobody enters: nothing that is given is the entry"
        return
    if not expected.enters:
        yield f"somebody enters at {_said(enrolment.entered_at, starts_at)}"
        return
    asked = list(_asked(journey, enrolment))
    wanted_of = (("messages", expected.messages, SendMessage), ("actions", expected.actions, Act))
    for kind, wanted, effect in wanted_of:
        if wanted is not None:
            found = [entry for entry, one in asked if isinstance(one, effect)]
            yield from _asks(kind, wanted, found, starts_at)
    for field in ("status", "reason"):
        should, is_so = getattr(expected, field), getattr(enrolment, field)
        if should is not None and should != is_so:
            yield f"{field}: {should} was expected, it is {is_so}"
    if expected.at is not None and enrolment.clock_at != starts_at + expected.at:
        yield f"it ends at {_said(enrolment.clock_at, starts_at)}, not at {_in_words(expected.at)}"


def _asked(journey: Journey, enrolment: Enrolment) -> Iterator[tuple[TraceEntry, Asked]]:
    """Everything that the run asked for, with the decision by which it did."""
    for entry in enrolment.trace:
        if journey.has(entry.step):
            for one in asked_by(journey.step(entry.step), _ENROLMENT, entry):
                yield entry, one


def _asks(
    kind: str, expected: Sequence[ExpectedAsk], asked: Sequence[TraceEntry], starts_at: datetime
) -> Iterator[str]:
    for place in range(max(len(expected), len(asked))):
        wanted = expected[place] if place < len(expected) else None
        found = asked[place] if place < len(asked) else None
        if wanted is None and found is not None:
            yield f"{kind}[{place}]: {found.step} at {_said(found.at, starts_at)} is one too many"
        elif found is None and wanted is not None:
            yield f"{kind}[{place}]: {wanted.step} is missing"
        elif found is not None and wanted is not None:
            when = wanted.at if wanted.at is not None else found.at - starts_at
            if (wanted.step, starts_at + when) != (found.step, found.at):
                yield (
                    f"{kind}[{place}]: {wanted.step} at {_in_words(when)} was expected, it is"
                    f" {found.step} at {_said(found.at, starts_at)}"
                )


def _said(at: datetime, starts_at: datetime) -> str:
    return f"{_in_words(at - starts_at)} ({format_instant(at)})"


def _in_words(after: timedelta) -> str:
    """A duration as it is written in a test: `P2DT3H`."""
    days, seconds = after.days, after.seconds
    parts = [(seconds // 3_600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S")]
    time = "".join(f"{number}{unit}" for number, unit in parts if number)
    return f"P{days}D{'T' + time if time else ''}" if days else f"PT{time or '0S'}"
