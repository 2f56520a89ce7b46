"""The replay itself: each decision made again from what brought it about, and compared.

What a trace names is believed to have happened: the entry, ends of waits, merges, moves, and events
that are gone. What follows from it is decided again by the interpreter. The person's own clock and
dates of traits lie in the trace; a branch is decided on the events as they had arrived.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.histories.view import Told
from shared.domain.instants import parse_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.entry import enters
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.local_time import on_day
from shared.domain.journeys.moving import Choices, Moving, move, take_out
from shared.domain.journeys.past import By
from shared.domain.journeys.replay.branching import as_recorded, by_facts, by_history
from shared.domain.journeys.replay.stimuli import Found, happened_of, since_of
from shared.domain.journeys.stimulus import Facts, Happened, Merged, Perform, TimeUp
from shared.domain.journeys.usual_hour import FEWEST_DAYS
from shared.domain.journeys.ways import needs_facts
from shared.domain.profiles.model import View
from shared.domain.segments.condition import Node
from shared.domain.segments.expand import Definitions, ExpansionError, expand
from shared.domain.text import to_text

_NOWHERE: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Past:
    """What is still known of the past.

    `timeline` has what happened by its id, `history` the events for branches; with `whole` there
    never were others. `definitions` are those of today, and as they have been since `defined_at`.
    """

    timeline: Mapping[str, Happened]
    history: Sequence[Told]
    whole: bool
    definitions: Definitions
    defined_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One decision as it was recorded and as it was made again; None where there is none."""

    recorded: str | None
    replayed: str | None
    by: By

    @property
    def same(self) -> bool:
        """Whether they are equal to the byte."""
        return self.recorded == self.replayed


def replay(
    enrolment: Enrolment, journey_of: Callable[[int], Journey], past: Past
) -> tuple[Line, ...]:
    """Run an enrolment again; the last line is where it stands or how it ended."""
    made, sources = _Replay(enrolment, journey_of, past).run()
    recorded, replayed = _lines(enrolment), _lines(made) if made else []
    lines = [
        Line(
            recorded[place] if place < len(recorded) else None,
            replayed[place] if place < len(replayed) else None,
            sources[place] if place < len(sources) else "definition",
        )
        for place in range(max(len(recorded), len(replayed)))
    ]
    ends = (_end(enrolment), _end(made) if made else None)
    return (*lines, Line(*ends, "definition"))


def _lines(enrolment: Enrolment) -> list[str]:
    return [to_text(entry) for entry in enrolment.to_json()["trace"]]


def _end(enrolment: Enrolment) -> str:
    return to_text({name: value for name, value in enrolment.to_json().items() if name != "trace"})


class _Replay:
    """One run; the trace that was recorded says which stimulus comes next."""

    def __init__(
        self, recorded: Enrolment, journey_of: Callable[[int], Journey], past: Past
    ) -> None:
        self._recorded = recorded
        self._journey_of = journey_of
        self._past = past
        self._sources: list[By] = []

    def run(self) -> tuple[Enrolment | None, list[By]]:
        """The enrolment as it comes out, and what each recorded decision followed from."""
        state = self._enter()
        if state is None:
            return None, self._sources
        for place in range(1, len(self._recorded.trace)):
            state, by = self._next(state, place)
            self._sources.append(by)
        return state, self._sources

    def _enter(self) -> Enrolment | None:
        first = self._recorded.trace[0]
        journey = self._journey_of(first.version)
        found = self._happened(first, journey)
        if found is None or (found.by == "timeline" and not _begins(journey, found.happened)):
            return None
        self._sources.append(found.by)
        # The name of the request is in no trace, and a move that is looked up has none.
        named = found.happened.correlation_id or self._recorded.correlation_id
        return enrol(
            journey,
            first.version,
            replace(found.happened, correlation_id=named),
            workspace_id=self._recorded.workspace_id,
            profile_id=self._recorded.profile_id,
            enrolment_id=self._recorded.enrolment_id,
        ).enrolment

    def _happened(self, entry: TraceEntry, journey: Journey) -> Found | None:
        past = self._past
        return happened_of(entry, journey, self._recorded, past.timeline, whole=past.whole)

    def _next(self, state: Enrolment, place: int) -> tuple[Enrolment, By]:
        entry = self._recorded.trace[place]
        journey = self._journey_of(state.journey_version)
        match entry.decision:
            case "happened" | "exit_rule" | "goal":
                found = self._happened(entry, journey)
                if found is None:
                    return state, "trace"
                now = found.happened.occurred_at
                return advance(journey, state, found.happened, now).enrolment, found.by
            case "elapsed" | "timed_out":
                due = TimeUp(state.at, state.visits.get(state.at, 0))
                return advance(journey, state, due, entry.at).enrolment, "definition"
            case "merged":
                into = Merged(str(_first(entry).get("name", "")))
                return advance(journey, state, into, entry.at).enrolment, "facts"
            case "moved" | "taken_out":
                return self._moved(journey, state, entry), "facts"
            case "waits_on" | "held_out" | "entered":  # came with the decision before
                return state, "definition"
            case _:
                return self._perform(journey, state, place)

    def _moved(self, journey: Journey, state: Enrolment, entry: TraceEntry) -> Enrolment:
        cause = _first(entry)
        if entry.decision == "taken_out":
            return take_out(state, str(cause.get("name", "")), entry.at)
        to = entry.next or ""
        choices = Choices() if to == state.at else Choices(to={state.at: to})
        number = int(str(cause.get("name", "0")))
        moving = Moving(number, entry.version, self._journey_of(entry.version), choices)
        return move(moving, journey, state, parse_instant(str(cause.get("at", "")))).enrolment

    def _perform(self, journey: Journey, state: Enrolment, place: int) -> tuple[Enrolment, By]:
        entry = self._recorded.trace[place]
        if state.status != "active" or state.waiting:
            return state, "definition"
        step = journey.step(state.at)
        if isinstance(step, BranchStep):
            return self._branch(journey, state, step, entry)
        facts = _facts(entry) if needs_facts(step) else None
        by: By = "facts" if facts else "definition"
        now = since_of(self._recorded, place)
        return advance(journey, state, Perform(step.name, facts), now).enrolment, by

    def _branch(
        self, journey: Journey, state: Enrolment, step: BranchStep, entry: TraceEntry
    ) -> tuple[Enrolment, By]:
        """By the events, where they say what was recorded or are sure to be all there was.

        Else by the facts in the trace; where they do not suffice the trace is believed, as long as
        it goes one of the ways.
        """
        arms, past = self._arms(step), self._past
        made = None
        if arms:
            zone = past.definitions.settings.zone
            tried = by_history(journey, state, step, arms, past.history, zone)
            first = next(tried)
            made = next((one for one in (first, *tried) if one.trace[-1] == entry), None)
            if made or self._is_sure(step, arms, entry):
                return made or first, "timeline"
            made = by_facts(journey, state, step, arms, entry)
        if made:
            return made, "facts"
        return as_recorded(journey, state, step, entry) or state, "trace"

    def _is_sure(self, step: BranchStep, arms: tuple[Node, ...], entry: TraceEntry) -> bool:
        """Whether events and definitions are those of then."""
        by_itself = arms == tuple(arm.when for arm in step.arms)
        return self._past.whole and (by_itself or self._past.defined_at <= entry.at)

    def _arms(self, step: BranchStep) -> tuple[Node, ...]:
        """The conditions by the definitions of today; none where one has lost its meaning."""
        try:
            return tuple(expand(arm.when, self._past.definitions) for arm in step.arms)
        except ExpansionError:
            return ()


def _begins(journey: Journey, happened: Happened) -> bool:
    """Whether something is an entry; how old it was on arrival was judged then."""
    return enters(journey, replace(happened, arrived_at=None))


def _first(entry: TraceEntry) -> Mapping[str, object]:
    return entry.because[0] if entry.because else {}


def _facts(entry: TraceEntry) -> Facts:
    """What a wait saw of the person: the zone and the date are written down."""
    told = {str(one.get("about")): one for one in entry.because}
    zone = _zone(told["zone"]["name"]) if "zone" in told else _NOWHERE
    trait = told.get("trait", {})
    traits = {str(trait["name"]): trait["value"]} if "value" in trait else {}
    return Facts(View(traits, {}), zone, active=_habit(told.get("usual_hour", {}), entry.at, zone))


def _habit(usual: Mapping[str, Any], at: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """Signs of life before an instant that make the hour which was found then the usual one."""
    if not usual.get("holds"):
        return ()
    today, hour = at.astimezone(zone).date(), time.fromisoformat(str(usual["name"]))
    days = (today - timedelta(days=ago) for ago in range(1, 2 * FEWEST_DAYS + 1))
    return tuple(on_day(day, hour, zone) for day in days)


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name))
    except (KeyError, OSError, ValueError):
        return _NOWHERE
