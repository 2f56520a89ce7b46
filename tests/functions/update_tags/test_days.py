"""Another time zone: everybody is judged by its days, whatever was counted by those before."""

from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.references import references
from tests.domain.segments.histories import Happening, view_of
from tests.functions.update_tags.conftest import NOON
from tests.functions.update_tags.people import expect_exact_tallies

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

READ = TypeAdapter(Condition)
ADA = "ada"
ORDERS = {"type": "event", "event": "order"}
CONDITIONS = {
    "today": {**ORDERS, "within_days": 1},
    "twice": {**ORDERS, "times": 2, "within_days": 2},
    "between": {
        **ORDERS,
        "window": {"type": "between", "first_day": "2026-11-20", "last_day": "2026-11-21"},
    },
    "ever": {**ORDERS, "times": 4},
    "spent": {
        "type": "amount",
        "event": "order",
        "aggregate": "sum",
        "property": "price",
        "comparison": "at_least",
        "value": 15,
        "within_days": 2,
    },
    "often": {
        "type": "ratio",
        "whole": {"event": "order"},
        "comparison": "at_least",
        "value": 0.6,
        "within_days": 3,
    },
    "hasty": {**ORDERS, "times": 2, "window": {"type": "rolling", "seconds": 3600}},
    "dear": {
        **ORDERS,
        "where": [{"property": "price", "operator": "greater", "value": 6}],
        "within_days": 1,
    },
}


@pytest.fixture
def bench(bench):
    bench.catalog.conditions = dict(CONDITIONS)
    bench.catalog.timezone = "UTC"
    return bench


def moves(bench, timezone, version):
    """What the admin API does with another time zone: everything has the build of that edit."""
    bench.catalog.timezone, bench.catalog.version, bench.catalog.days = timezone, version, version


class History:
    """Orders around the midnights of several zones, in the table and as a plain history."""

    def __init__(self, bench, seed):
        self.bench, self.random, self.past = bench, Random(seed), []

    def orders(self, times):
        records = []
        for _ in range(times):
            hours = self.random.choice((0, 1, 3, 4, 7, 8, 12, 16, 19, 20, 24, 28, 31, 44, 52, 68))
            at = NOON - timedelta(hours=hours, minutes=self.random.choice((0, 1, 29, 59)))
            said = {"price": self.random.randint(1, 12)}
            records.append(self.bench.event(ADA, "order", at=at, properties=said))
            name = f"m{len(self.past)}"
            self.past.append(Happening(at, "order", said, message_id=name))
        return records

    def wanted(self, timezone):
        """Where the person is, by a reading of the whole history in one zone."""
        zone = ZoneInfo(timezone)
        found = set()
        for name, condition in CONDITIONS.items():
            node = READ.validate_python(condition)
            view = view_of(self.past, references(node), self.bench.now, zone)
            if evaluate(node, view, self.bench.now, zone).matches:
                found.add(name)
        return found


@pytest.mark.parametrize("seed", range(6))
def test_everybody_is_judged_by_the_days_of_the_new_zone(bench, seed):
    history = History(bench, seed)
    bench.deliver(history.orders(3))
    assert bench.segments(ADA) == history.wanted("UTC")
    zones = ("Asia/Shanghai", "America/Los_Angeles", "Asia/Kathmandu", "UTC")
    for version, timezone in enumerate(zones, start=2):
        moves(bench, timezone, version)
        bench.judge(ADA)
        assert bench.segments(ADA) == history.wanted(timezone)
        bench.deliver(history.orders(1))
        assert bench.segments(ADA) == history.wanted(timezone)
    expect_exact_tallies(bench)


def test_whoever_does_something_before_the_build_comes_is_judged_by_the_new_days_too(bench):
    history = History(bench, 9)
    bench.deliver(history.orders(5))
    moves(bench, "Asia/Shanghai", 2)
    bench.deliver(history.orders(1))
    assert bench.segments(ADA) == history.wanted("Asia/Shanghai")
    assert bench.rows(ADA)["STATE"]["built"] == 2


def test_what_another_zone_changes_is_told_to_nobody(bench):
    # Yesterday in UTC, and still today in Los Angeles.
    bench.now = NOON + timedelta(hours=13)
    bench.deliver([bench.event(ADA, "order", at=NOON + timedelta(hours=3))])
    assert "today" not in bench.segments(ADA)
    bench.bus.published.clear()
    moves(bench, "America/Los_Angeles", 2)
    bench.judge(ADA)
    assert "today" in bench.segments(ADA)
    assert bench.bus.published == []
