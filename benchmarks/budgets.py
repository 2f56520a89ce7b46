"""The budgets that the design sets, and where in the results the figure is that must keep them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Figures = Mapping[str, Mapping[str, Any]]
"""By part of the bench, what it measured."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be taken at most, or must be done at least.

    `reason` says why it is missed, for as long as it is.
    """

    what: str
    unit: str
    limit: float
    part: str
    measured: Callable[[Mapping[str, Any]], float]
    is_least: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A budget and what was measured; None when the part has no figures."""

    budget: Budget
    measured: float | None

    @property
    def holds(self) -> bool:
        """Whether it was measured and is kept."""
        if self.measured is None:
            return False
        budget = self.budget
        if budget.is_least:
            return self.measured >= budget.limit
        return self.measured <= budget.limit

    @property
    def missed_by(self) -> float:
        """By how much, as a share of the budget; 0 when it is kept."""
        if self.measured is None or self.holds:
            return 0.0
        return abs(self.measured - self.budget.limit) / self.budget.limit


def _way(batch: int, figures: Mapping[str, Any]) -> float:
    return next(
        bill["usd_per_million"]
        for bill in figures["ways"]
        if bill["batch"] == batch and bill["people"] == "one person a request"
    )


def _clock(name: str, figures: Mapping[str, Any]) -> float:
    found = (bill for bill in figures["clocks"] if bill["clock"] == name and bill["budget_usd"])
    return next(found)["usd_per_million"]


def _ratio(figures: Mapping[str, Any], function: str = "") -> float:
    rows = figures["functions"]
    return max(row["ratio"] for row in rows if function in ("", row["function"]))


BUDGETS: Final[tuple[Budget, ...]] = (
    Budget(
        what="a million events in SDK batches of 10, all that AWS charges",
        unit="dollars",
        limit=1.60,
        part="events",
        measured=lambda it: _way(10, it),
        reason="units are the same in every run, computing is not: a busy machine takes longer",
    ),
    Budget(
        what="a million people through a journey of ten steps by the due index, delivery excluded",
        unit="dollars",
        limit=6,
        part="journeys",
        measured=lambda it: _clock("due_index", it),
    ),
    Budget(
        what="the same by Step Functions",
        unit="dollars",
        limit=285,
        part="journeys",
        measured=lambda it: _clock("step_functions", it),
        reason="275.00 are transitions; see the table of journeys for the rest",
    ),
    Budget(
        what="computing of a million emails, of the SES bill",
        unit="%",
        limit=2,
        part="messages",
        measured=lambda it: it["compute_share"] * 100,
    ),
    Budget(
        what="an event accepted, a segment flipped, a message claimed, each by itself and warm",
        unit="ms of CPU",
        limit=50,
        part="flip",
        measured=lambda it: it["cpu_ms"],
        reason="most of it is the AWS client: so many calls, each with its own processor time",
    ),
    Budget(
        what="steps of the interpreter a second on one core",
        unit="steps",
        limit=50_000,
        part="ten_steps",
        measured=lambda it: it["steps_a_second"],
        is_least=True,
    ),
    Budget(
        what="cold start of the slowest function, import and clients, of a bare interpreter's CPU",
        unit="times",
        limit=40,
        part="start",
        measured=_ratio,
    ),
    Budget(
        what="cold start of ingest_events",
        unit="times",
        limit=30,
        part="start",
        measured=lambda it: _ratio(it, "ingest_events"),
    ),
    Budget(
        what="segments rebuilt by generated SQL, of SQL by hand on the same engine",
        unit="times",
        limit=1.3,
        part="rebuilt_segments",
        measured=lambda it: it["generated_to"]["by hand"],
    ),
    Budget(
        what="`make check`, without a network",
        unit="minutes",
        limit=3,
        part="check",
        measured=lambda it: it["seconds"] / 60,
        reason="the machine was busy, or the tests of the fast gate have grown again",
    ),
    Budget(
        what="memory of the function that takes most, on its heaviest work",
        unit="MB",
        limit=256,
        part="memory",
        measured=lambda it: max(peak["peak_mb"] for peak in it["peaks"]),
    ),
)


def verdicts(figures: Figures) -> Iterator[Verdict]:
    """Every budget with what was measured."""
    for budget in BUDGETS:
        part = figures.get(budget.part)
        yield Verdict(budget, budget.measured(part) if part else None)
