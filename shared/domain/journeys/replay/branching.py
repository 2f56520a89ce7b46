"""A branch of the past decided again: on the person's events, or by the facts in the trace."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.histories.view import Told, view_at
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.interpreter import advance
from shared.domain.journeys.kinds import END, BranchStep
from shared.domain.journeys.stimulus import Facts, Perform
from shared.domain.segments.condition import Node
from shared.domain.segments.evaluate import MAX_FACTS
from shared.domain.segments.recalling import recalled
from shared.domain.segments.references import all_references, references

MOST_MOMENTS: Final = 200  # later arrivals that are tried
AT_MOST_LATE: Final = timedelta(hours=1)  # that a step is carried out after its logical time


def by_history(
    journey: Journey,
    enrolment: Enrolment,
    step: BranchStep,
    arms: tuple[Node, ...],
    history: Sequence[Told],
    zone: ZoneInfo,
) -> Iterator[Enrolment]:
    """What the branch decides on the events that had arrived, at each moment that it can have been.

    It was decided when or after its logical time came, and nobody wrote down when; events that came
    late are seen from some moment on. The whole history comes first.
    """
    needed = all_references(map(references, arms))
    at = enrolment.clock_at
    for known_at, told in _arrived(history, at):
        facts = Facts(view_at(known_at, told, needed, zone), zone, arms)
        yield advance(journey, enrolment, Perform(step.name, facts), at).enrolment


def _arrived(history: Sequence[Told], at: datetime) -> Iterator[tuple[datetime, Iterable[Told]]]:
    """What was known, and until when: all of then, then what had arrived at each later moment.

    The soonest comes first. Whoever decides a little late also counts what happened meanwhile,
    because counts are those of whole days; so these moments come last.
    """
    then = [one for one in history if one.event.occurred_at <= at]
    yield at, then
    late = sorted({one.event.received_at for one in then if one.event.received_at >= at})
    for moment in late[:MOST_MOMENTS]:
        yield at, [one for one in then if one.event.received_at < moment]
    soon = {
        one.event.received_at for one in history if at < one.event.received_at <= at + AT_MOST_LATE
    }
    for moment in sorted(soon)[:MOST_MOMENTS]:
        yield moment, [one for one in history if one.event.received_at <= moment]


def by_facts(
    journey: Journey,
    enrolment: Enrolment,
    step: BranchStep,
    arms: tuple[Node, ...],
    recorded: TraceEntry,
) -> Enrolment | None:
    """The branch decided by the facts that the trace gives; None where they do not suffice."""
    facts = recorded.because
    if len(facts) >= MAX_FACTS:  # more are not written down
        return None
    found = [recalled(arm, facts) for arm in arms]
    for place, one in enumerate(found):
        if one.holds and one.because == facts:
            return _taken(journey, enrolment, step.arms[place].next, recorded)
    against = tuple(fact for one in found for fact in one.because)
    if all(one.holds is False for one in found) and against == facts:
        return _taken(journey, enrolment, step.otherwise, recorded)
    return None


def as_recorded(
    journey: Journey, enrolment: Enrolment, step: BranchStep, recorded: TraceEntry
) -> Enrolment | None:
    """The branch as the trace has it, if that is one of its ways."""
    ways = [*(arm.next for arm in step.arms), step.otherwise]
    way = next((w for w in ways if journey.target(step.name, w) == recorded.next), ...)
    return None if way is ... else _taken(journey, enrolment, way, recorded)


def _taken(
    journey: Journey, enrolment: Enrolment, way: str | None, recorded: TraceEntry
) -> Enrolment:
    entry = TraceEntry(
        enrolment.at,
        enrolment.visits.get(enrolment.at, 0) + 1,
        enrolment.clock_at,
        "took",
        enrolment.journey_version,
        next=journey.target(enrolment.at, way),
        because=recorded.because,
    )
    if entry.next == END:
        return enrolment.after(entry, at=enrolment.at, status="completed", reason="completed")
    return enrolment.after(entry, at=entry.next or "")
