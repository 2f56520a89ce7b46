"""The events of a person that tell when an enrolment begins, reaches its goal and ends."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, Literal

from shared.domain.events.model import Event
from shared.domain.events.own import (
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
    JOURNEY_GOAL,
    own_event,
)
from shared.domain.journeys.enrolment import HOLDOUT, Enrolment

_Kind = Literal["entered", "completed", "exited", "goal"]

_NAMES: Final[dict[_Kind, str]] = {
    "entered": JOURNEY_ENTERED,
    "completed": JOURNEY_COMPLETED,
    "exited": JOURNEY_EXITED,
    "goal": JOURNEY_GOAL,
}


def told_by(enrolment: Enrolment, told: int, now: datetime) -> Iterator[Event]:
    """What the timeline tells of an enrolment that had made its first `told` decisions before.

    Written at `now`; telling it again gives the same events.
    """
    if told == 0:
        yield _beginning(enrolment, now)
    if any(entry.decision == "goal" for entry in enrolment.trace[told:]):
        yield from _reaching(enrolment, now)
    if told < len(enrolment.trace):
        yield from _ending(enrolment, now)


def _beginning(enrolment: Enrolment, now: datetime) -> Event:
    """`$journey_entered`, at the instant at which the entry happened; it is written at `now`."""
    held_out = {"held_out": True} if enrolment.reason == HOLDOUT else {}
    return _event("entered", enrolment, enrolment.entered_at, now, held_out)


def _reaching(enrolment: Enrolment, now: datetime) -> Iterator[Event]:
    """`$journey_goal`, at the instant at which that happened."""
    if enrolment.goal_at is not None:
        yield _event("goal", enrolment, enrolment.goal_at, now, {})


def _ending(enrolment: Enrolment, now: datetime) -> Iterator[Event]:
    """`$journey_completed` or `$journey_exited` of an enrolment that is over; nothing before.

    It happens at the enrolment's own last instant: a wait that is over ended when it was due. When
    that is still to come by the wall clock, as in a rehearsal, it happens at `now`.
    """
    if enrolment.status != "active":
        reason = {"reason": enrolment.reason}
        yield _event(enrolment.status, enrolment, enrolment.clock_at, now, reason)


def _event(
    kind: _Kind, enrolment: Enrolment, at: datetime, now: datetime, more: Mapping[str, str | bool]
) -> Event:
    return own_event(
        enrolment.workspace_id,
        _NAMES[kind],
        f"{kind}:{enrolment.enrolment_id}",
        at=at,
        now=now,
        properties={
            "journey_id": enrolment.journey_id,
            "enrolment_id": enrolment.enrolment_id,
            "version": enrolment.journey_version,
            **more,
        },
    )
