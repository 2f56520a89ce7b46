"""A move of everybody inside a journey: first they are counted, then moved, a segment at a time."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, cast

from shared.domain.journeys.enrolment import Phase
from shared.domain.journeys.mover import Outcome
from shared.domain.journeys.moving import Choices, Place

Stage = Literal["counting", "counted", "moving", "moved"]
Walk = Literal["count", "move"]

SEGMENTS: Final = 16
"""In how many parts the table is walked, each by itself."""

FAILURES_TOLD: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveJob:
    """One move and how far it is.

    `version` is the one to which people are moved, `machine` what runs them there. `attempt` counts
    how often a walk was begun again.
    """

    journey_id: str
    number: int
    version: int
    requested_at: datetime
    stage: Stage = "counting"
    attempt: int = 0
    machine: str = ""
    choices: Choices = field(default_factory=Choices)
    finished_at: datetime | None = None

    @property
    def walk(self) -> Walk:
        """What is done with everybody now, or was done last."""
        return "count" if self.stage in ("counting", "counted") else "move"

    @property
    def is_over(self) -> bool:
        """Whether nothing is at work."""
        return self.stage in ("counted", "moved")


@dataclass(slots=True)
class Segment:
    """How far one part of the table is walked, and what came of it; `cursor` is the last key."""

    number: int
    cursor: tuple[str, str] | None = None
    done: bool = False
    places: Counter[Place] = field(default_factory=Counter)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    failed: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)

    def fail(self, enrolment_id: str, reason: str) -> None:
        """Count an enrolment that could not be moved; of the first ones it is told why."""
        self.failed += 1
        if len(self.failures) < FAILURES_TOLD:
            self.failures.append((enrolment_id, reason))

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data."""
        return {
            "cursor": self.cursor,
            "done": self.done,
            "places": [[*place, people] for place, people in self.places.items()],
            "outcomes": dict(self.outcomes),
            "failed": self.failed,
            "failures": self.failures,
        }

    @classmethod
    def from_json(cls, number: int, data: Mapping[str, Any]) -> "Segment":
        """Read what `to_json` wrote."""
        cursor = data["cursor"]
        return cls(
            number=number,
            cursor=(cursor[0], cursor[1]) if cursor else None,
            done=data["done"],
            places=Counter(
                {
                    Place(version, step, cast("Phase", phase)): people
                    for version, step, phase, people in data["places"]
                }
            ),
            outcomes=Counter(data["outcomes"]),
            failed=data["failed"],
            failures=[(each[0], each[1]) for each in data["failures"]],
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """What came of all segments of a walk."""

    places: Mapping[Place, int]
    outcomes: Mapping[Outcome, int]
    failed: int
    failures: tuple[tuple[str, str], ...]
    done: bool

    @classmethod
    def of(cls, segments: Iterable[Segment]) -> "Whole":
        """Add up what the segments have; none that is missing is done."""
        known = list(segments)
        places: Counter[Place] = Counter()
        outcomes: Counter[Outcome] = Counter()
        for each in known:
            places += each.places
            outcomes += each.outcomes
        failures = [failure for each in known for failure in each.failures]
        return cls(
            places,
            outcomes,
            sum(each.failed for each in known),
            tuple(failures[:FAILURES_TOLD]),
            len(known) == SEGMENTS and all(each.done for each in known),
        )

    @property
    def inside(self) -> int:
        """How many are inside, under whichever version."""
        return sum(self.places.values())

    def older(self, version: int) -> dict[Place, int]:
        """Those of them who go on under an older version."""
        return {place: people for place, people in self.places.items() if place.version < version}

    def left(self) -> Iterator[int]:
        """How many a move has left where they were, by why."""
        yield from (self.outcomes.get("kept", 0), self.outcomes.get("unchosen", 0), self.failed)
