"""Wakes: by which name the due index knows an enrolment that waits, and what its wake has to do."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.journeys.enrolment import WAITS, Enrolment
from shared.domain.journeys.ports import Ref, Stored
from shared.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Wake:
    """The end of one wait of one enrolment: where it lies, and the place of the wait in its trace.

    The place keeps waits apart, so that a wake that comes late or twice ends no other one.
    """

    ref: Ref
    place: int

    @property
    def name(self) -> str:
        """The name in the due index of the workspace; `wake_named` reads it."""
        return f"{self.ref.profile_id}#{self.ref.enrolment_id}#{self.place}"


def wake_named(workspace_id: str, name: str) -> Wake:
    """Read what `Wake.name` wrote; raises InvalidInputError on others."""
    try:
        profile_id, enrolment_id, place = name.split("#")
        return Wake(Ref(workspace_id, profile_id, enrolment_id), int(place))
    except ValueError:
        raise InvalidInputError(f"{name!r} names no wake") from None


def same_fold(before: Stored | None, enrolment: Enrolment, wake_at: datetime | None) -> str:
    """Where the wake of a wait lies with others, if that goes on as it was before."""
    if before is None or wake_at is None or wake_at != before.wake_at:
        return ""
    return before.wake_fold if wake_of(enrolment) == wake_of(before.enrolment) else ""


def wake_of(enrolment: Enrolment) -> Wake | None:
    """The wake of the wait in which an enrolment stands; None when it stands in none."""
    if enrolment.phase != "waiting":
        return None
    places = reversed(range(len(enrolment.trace)))
    place = next(n for n in places if enrolment.trace[n].decision in WAITS)
    ref = Ref(enrolment.workspace_id, enrolment.profile_id, enrolment.enrolment_id)
    return Wake(ref, place)
