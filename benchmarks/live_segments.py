"""Judging people as events come: the price of many segments, and of a long history.

An event touches a handful of segments, however many are published. What a person did long ago lies
in cells, so a condition looks at days, not at events.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from shared.domain.measures.cells import fold_day
from shared.domain.measures.model import Measure, Moment
from shared.domain.profiles.model import View
from shared.domain.segments.condition import AmountCondition, Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.index import index_segments

PUBLISHED: Final = (10, 100, 1_000)
TOUCHED: Final = 5
HISTORIES: Final = (10, 1_000, 100_000)  # events of one person, over 400 days
HISTORY_DAYS: Final = 400
ROUNDS: Final = 2_000
RUNS: Final = 5  # the best counts

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE: Final = ZoneInfo("Asia/Shanghai")
_READ: Final = TypeAdapter[Any](Condition)
_SPENT: Final = AmountCondition(
    event="catalog", aggregate="sum", property="value", comparison="at_least", value=500,
    within_days=90,
)  # fmt: skip

CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "event", "event": "catalog", "times": 3, "within_days": 30},
    {"type": "event", "event": "catalog", "comparison": "at_most", "times": 0, "within_days": 14},
    _SPENT.model_dump(mode="json"),
    {
        "type": "all",
        "conditions": [
            {"type": "event", "event": "catalog", "within_days": 30},
            {"type": "not", "condition": {"type": "event", "event": "pay", "within_days": 30}},
        ],
    },
    {"type": "trend", "event": "catalog", "direction": "falling", "periods": 3, "unit": "month"},
)
"""The five that an event `catalog` touches."""


def segments(published: int) -> dict[str, dict[str, Any]]:
    """So many segments by id, `TOUCHED` of which look at `catalog`, the others at other events."""
    others = {
        f"other-{n}": {"type": "event", "event": f"other-{n}", "within_days": 30}
        for n in range(published - TOUCHED)
    }
    return {**{f"touched-{n}": each for n, each in enumerate(CONDITIONS)}, **others}


def measure() -> dict[str, Any]:
    """Processor microseconds of an event: by how many segments there are, by how long a history."""
    light = view_of(HISTORIES[0])
    return {
        "touched": TOUCHED,
        "us_an_event_by_published": {n: _judging(n, light) for n in PUBLISHED},
        "us_an_event_by_history": {n: _judging(PUBLISHED[-1], view_of(n)) for n in HISTORIES},
    }


def view_of(events: int) -> View:
    """What the stores show of somebody with so many events, evenly over the days."""
    today = NOW.astimezone(ZONE).date()
    days = [today - timedelta(days=back) for back in range(min(events, HISTORY_DAYS))]
    a_day = max(1, events // len(days))
    cells = {day: fold_day(_moments(day, a_day)) for day in days}
    counts = dict.fromkeys(days, a_day)
    return View(
        traits={},
        counters={"catalog": counts, "pay": {}},
        cells={Measure.of(_SPENT, _SPENT.property): cells},
    )


def _moments(day: date, times: int) -> Sequence[Moment]:
    start = datetime(day.year, day.month, day.day, 2, tzinfo=UTC)
    return [Moment(start + timedelta(seconds=n), f"e{n}", 19.9) for n in range(times)]


def _judging(published: int, view: View) -> float:
    conditions = {name: _READ.validate_python(each) for name, each in segments(published).items()}
    index = index_segments(conditions)

    def judge() -> None:
        touched = index.touched_by(("catalog",), ())
        assert len(touched) == TOUCHED
        for name in touched:
            evaluate(conditions[name], view, NOW, ZONE)

    return round(_cpu(judge) / ROUNDS * 1e6, 1)


def _cpu(work: Callable[[], None]) -> float:
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        for _ in range(ROUNDS):
            work()
        best = min(best, time.process_time() - start)
    return best
