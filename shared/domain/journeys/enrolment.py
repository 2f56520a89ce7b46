"""An enrolment: one profile's run through one journey version, with the trace of all decisions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal, cast

from shared.domain.instants import format_instant, parse_instant

Status = Literal["active", "completed", "exited"]
Phase = Literal["ready", "waiting", "over"]
Decision = Literal[
    "entered",  # began, because of `fact`
    "requested",  # a message was asked for
    "acted",  # something beside a message was asked for
    "waiting",  # until `due`
    "elapsed",  # a wait is over
    "skipped",  # nobody can wait until that date
    "happened",  # `fact` ended a wait_for
    "timed_out",  # nothing ended a wait_for until it was due
    "took",  # a branch was decided
    "drew",  # an experiment chose a variant
    "repeated",  # a repeat led back
    "went_on",  # all rounds of a repeat are over
    "exit_step",  # an exit step was reached
    "held_out",  # belongs to those with whom the journey does nothing
    "goal",  # `fact` is what the journey is for; wherever it stood
    "exit_rule",  # `fact` ended the enrolment, wherever it stood
    "merged",  # the person turned out to be in the journey already, by another enrolment
    "taken_out",  # an operator ended it
    "moved",  # an operator moved it to a newer version, where `next` is its step
    "waits_on",  # until `due`, by that version, in the wait in which it stood
]
CUTS: Final[frozenset[Decision]] = frozenset({"exit_rule", "merged", "goal", "taken_out"})
"""Decisions that come from outside. Where one is the last of an enrolment that is over, that is how
it ended, so that its execution has to be stopped."""

WAITS: Final[frozenset[Decision]] = frozenset({"waiting", "waits_on"})
"""Decisions by which an enrolment comes to wait."""

TIME_IS_UP: Final[frozenset[Decision]] = frozenset({"elapsed", "timed_out"})
"""Decisions by which a wait ends when it was due."""

HOLDOUT: Final = "holdout"
"""The reason of an enrolment that was over from the start, to see what the journey does."""

Because = tuple[Mapping[str, Any], ...]
"""The facts behind a decision, as plain JSON data."""


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One decision: where, when (logical), what, because of which facts, under which version.

    `next` is where it led (`end` completes), None when the enrolment stayed or was ended; `fact`
    is the id of the event or segment move that was used up by it.
    """

    step: str
    visit: int
    at: datetime
    decision: Decision
    version: int
    next: str | None = None
    due: datetime | None = None
    fact: str | None = None
    because: Because = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """Standing in a wait: which instants count (both ends do), and which events may end it."""

    since: datetime
    due: datetime
    triggers: tuple[str, ...] = ()

    def counts(self, at: datetime) -> bool:
        """Say whether what happens at that instant can end it."""
        return self.since <= at <= self.due


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Where a profile stands in a journey and how it came there; instants in whole milliseconds.

    `clock_at` is the enrolment's own logical clock, `at` the step it stands at (the last one when
    it is over), `visits` how often each step was begun, `entry` those properties of the event that
    began it which the journey's rules refer to. `correlation_id` names the request that
    brought what began it; empty where there was none.
    """

    workspace_id: str
    profile_id: str
    enrolment_id: str
    journey_id: str
    journey_version: int
    entered_at: datetime
    clock_at: datetime
    at: str
    status: Status = "active"
    reason: str = ""
    waiting: Waiting | None = None
    visits: Mapping[str, int] = field(default_factory=dict)
    entry: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""
    trace: tuple[TraceEntry, ...] = ()

    @property
    def phase(self) -> Phase:
        """Ready to carry out its step, waiting in it, or over."""
        if self.status != "active":
            return "over"
        return "waiting" if self.waiting else "ready"

    @property
    def decided(self) -> int:
        """How many decisions it made at its own steps."""
        return sum(entry.decision not in CUTS for entry in self.trace)

    @property
    def ended_by(self) -> Decision | None:
        """The decision with which it ended; None while it goes on."""
        return self.trace[-1].decision if self.trace and self.status != "active" else None

    @property
    def was_cut(self) -> bool:
        """Whether it was ended from outside, wherever it stood."""
        return self.trace[-1].decision in CUTS

    def moved_since(self, decided: int | None) -> bool:
        """Whether it was moved to another version after so many decisions at its own steps.

        None is told by machines that are older than moves; nobody is moved to one of them.
        """
        own = [entry.decision for entry in self.trace if entry.decision not in CUTS]
        return "moved" in own[decided or 0 :]

    def waits_anew(self, decided: int | None) -> bool:
        """Whether it waits where it stands by a later visit than whoever was told so much waits in.

        They were told of so many decisions at its own steps: the last of them began their visit, or
        the first after them to wait at this step did.
        """
        if self.waiting is None or decided is None:
            return False
        own = [entry for entry in self.trace if entry.decision not in CUTS]
        begun = next(
            (
                entry.visit
                for entry in own[max(decided - 1, 0) :]
                if entry.step == self.at and entry.decision in WAITS
            ),
            None,
        )
        return begun is not None and begun != self.visits[self.at]

    def after(
        self,
        entry: TraceEntry,
        *,
        at: str,
        waiting: Waiting | None = None,
        status: Status = "active",
        reason: str = "",
    ) -> "Enrolment":
        """The enrolment after one more decision; its clock is where the decision was made.

        Every field by hand: `dataclasses.replace` takes three times as long, and this runs for
        every step of everybody.
        """
        begun = {entry.step: entry.visit} if entry.visit else {}
        return Enrolment(
            workspace_id=self.workspace_id,
            profile_id=self.profile_id,
            enrolment_id=self.enrolment_id,
            journey_id=self.journey_id,
            journey_version=self.journey_version,
            entered_at=self.entered_at,
            clock_at=entry.at,
            at=at,
            status=status,
            reason=reason,
            waiting=waiting,
            visits={**self.visits, **begun},
            entry=self.entry,
            correlation_id=self.correlation_id,
            trace=(*self.trace, entry),
        )

    def cut(
        self,
        decision: Decision,
        at: datetime,
        reason: str,
        because: Because,
        fact: str | None = None,
    ) -> "Enrolment":
        """The enrolment ended from outside at an instant, wherever it stood."""
        entry = TraceEntry(
            self.at,
            self.visits.get(self.at, 0),
            max(self.clock_at, at),
            decision,
            self.journey_version,
            fact=fact,
            because=because,
        )
        return self.after(entry, at=self.at, status="exited", reason=reason)

    def beside(self, entry: TraceEntry) -> "Enrolment":
        """The enrolment after a decision that moves nothing, neither its place nor its clock."""
        return replace(self, trace=(*self.trace, entry))

    @property
    def goal_at(self) -> datetime | None:
        """When what the journey is for happened; None while it has not."""
        reached = next((entry for entry in self.trace if entry.decision == "goal"), None)
        return parse_instant(reached.because[0]["at"]) if reached else None

    def end_of_wait(self, place: int) -> int | None:
        """The place of the decision that ended the wait which began at this place in the trace."""
        later = range(place + 1, len(self.trace))
        return next((n for n in later if self.trace[n].decision != "goal"), None)

    def has_used(self, fact_id: str) -> bool:
        """Say whether an event or segment move has already counted for something here."""
        return self.place_of(fact_id) is not None

    def place_of(self, fact_id: str) -> int | None:
        """The place in the trace of the decision for which an event or segment move counted."""
        return next(
            (
                n
                for n, entry in enumerate(self.trace)
                if entry.fact == fact_id and entry.decision != "goal"
            ),
            None,
        )

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data; what is absent is left out."""
        data = cast("dict[str, Any]", _plain(asdict(self)))
        if not self.correlation_id:
            del data["correlation_id"]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Enrolment":
        """Read what `to_json` wrote; raises TypeError, KeyError or ValueError on anything else."""
        waiting = data.get("waiting")
        return cls(
            **{
                **data,
                "entered_at": parse_instant(data["entered_at"]),
                "clock_at": parse_instant(data["clock_at"]),
                "waiting": _waiting(waiting) if waiting else None,
                "trace": tuple(_entry(entry) for entry in data.get("trace", ())),
            }
        )


def _plain(value: object) -> object:
    match value:
        case datetime():
            return format_instant(value)
        case dict():
            return {key: _plain(part) for key, part in value.items() if part not in (None, (), {})}
        case tuple():
            return [_plain(part) for part in value]
        case _:
            return value


def _waiting(data: Mapping[str, Any]) -> Waiting:
    return Waiting(
        since=parse_instant(data["since"]),
        due=parse_instant(data["due"]),
        triggers=tuple(data.get("triggers", ())),
    )


def _entry(data: Mapping[str, Any]) -> TraceEntry:
    due = data.get("due")
    return TraceEntry(
        **{
            **data,
            "at": parse_instant(data["at"]),
            "due": parse_instant(due) if due else None,
            "because": tuple(data.get("because", ())),
        }
    )
