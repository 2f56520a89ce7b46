"""The first of several conditions that holds, for one person: what tags and stages come down to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from shared.domain.profiles.model import View
from shared.domain.segments.condition import Node
from shared.domain.segments.evaluate import MAX_FACTS, Fact, evaluate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """The answer, the facts that decided it, and the instant before which it does not change.

    `changes_at` may be early (then deciding again gives the same answer), never late; None when
    nothing but new events can change the answer.
    """

    answer: T
    changes_at: datetime | None
    because: tuple[Fact, ...]


def decide(
    rules: Iterable[tuple[T, Node]], otherwise: T, view: View, now: datetime, zone: ZoneInfo
) -> Decision[T]:
    """Give the answer of the first condition that holds at `now`, else `otherwise`.

    Conditions after that one are not looked at, and cannot change the answer.
    """
    turns: list[datetime] = []
    against: tuple[Fact, ...] = ()
    for answer, condition in rules:
        verdict = evaluate(condition, view, now, zone)
        if verdict.changes_at is not None:
            turns.append(verdict.changes_at)
        if verdict.matches:
            return Decision(answer, min(turns, default=None), verdict.because)
        against += verdict.because
    return Decision(otherwise, min(turns, default=None), against[:MAX_FACTS])
