"""What an event costs: by what it touches, not by what there is or was."""

from datetime import timedelta

import pytest

from shared.aws.measure_store import MeasureStore
from shared.domain.counters.fold import Occurrence, fold_counters, fold_state, position_of
from shared.domain.measures.model import Moment
from tests.functions.update_tags.conftest import NOON, Wire

ADA = "ada"
PAID = {"property": "paid", "operator": "equals", "value": True}
CONDITIONS = {
    "spent": {
        "type": "amount",
        "event": "order",
        "where": [PAID],
        "aggregate": "sum",
        "property": "price",
        "comparison": "at_least",
        "value": 1_000,
        "within_days": 30,
    },
    "often": {"type": "event", "event": "order", "times": 50, "within_days": 30},
    "hasty": {
        "type": "event",
        "event": "order",
        "times": 9,
        "window": {"type": "rolling", "seconds": 86_400},
    },
}
TAG = {
    "type": "statistic",
    "event": "order",
    "aggregate": "maximum",
    "property": "price",
    "within_days": 30,
}


class Meter:
    """Units of reads and writes, by what DynamoDB counts: 4 KB and 1 KB, twice in transactions."""

    def __init__(self, dynamodb):
        self._client = dynamodb
        self.reads = self.writes = 0

    def __getattr__(self, name):
        def call(**request):
            answer = getattr(self._client, name)(**request)
            if name == "query":
                self.reads += units(sum(map(size, answer["Items"])) or 1, 4_096)
            if name == "batch_get_item":
                tables = request["RequestItems"].values()
                found = [item for items in answer["Responses"].values() for item in items]
                missing = sum(len(each["Keys"]) for each in tables) - len(found)
                self.reads += missing + sum(units(size(item), 4_096) for item in found)
            if name == "put_item":
                self.writes += units(size(request["Item"]), 1_024)
            if name in ("update_item", "delete_item"):
                self.writes += 1  # no row that is updated here is larger than that
            if name == "transact_write_items":
                self.writes += 2 * len(request["TransactItems"])
            return answer

        return call


def size(item):
    return sum(len(name) + len(str(value).encode()) for name, value in item.items())


def units(length, unit):
    return -(-length // unit)


@pytest.fixture
def bench(bench):
    bench.catalog.conditions = dict(CONDITIONS)
    bench.catalog.kinds = {"largest": TAG}
    return bench


def order(bench):
    return bench.event(ADA, "order", at=NOON, properties={"price": 5, "paid": True})


def live(bench, events):
    """A person of so many orders, the last of them two months ago, a hundred a day."""
    plan = bench.plans().of("default")
    instants = [NOON - timedelta(days=60 + n // 100, minutes=n % 100) for n in range(events)]
    states, measures = bench.ports(Wire()).states, MeasureStore(bench.dynamodb, bench.table)
    days = {}
    for number, at in enumerate(instants):
        day = days.setdefault(at.date(), [])
        day.append(Moment(at, f"{number:08x}", 5))
    for measure in plan.measures["order"]:
        measures.add("default", ADA, {measure: days}, plan.zone)
    seen = [Occurrence(position_of(str(n)), "order", at) for n, at in enumerate(sorted(instants))]
    for (event, month), fold in fold_counters(seen, plan.zone).items():
        states.fold_counter("default", ADA, event, month, fold)
    states.fold_state("default", ADA, fold_state(seen))
    states.end_build("default", ADA, plan.build)
    bench.deliver([order(bench)])


def costs(bench, record):
    meter = Meter(bench.dynamodb)
    client, bench.dynamodb = bench.dynamodb, meter
    wire = Wire()
    try:
        bench.deliver([record], wire)
    finally:
        bench.dynamodb = client
    return [name for name, _ in wire.calls], meter.reads, meter.writes


@pytest.mark.slow
def test_what_an_event_costs_does_not_depend_on_how_long_the_history_is(bench):
    found = []
    for events in (10, 10_000):
        bench.begin_again()
        live(bench, events)
        found.append(costs(bench, order(bench)))

    assert found[0] == found[1]
    calls, reads, writes = found[0]
    assert (reads, writes) == (12, 8)
    assert sorted(calls) == sorted(
        [
            "batch_get_item",  # today's moments of three measures
            *["put_item", "update_item"] * 3,  # the day of each, and its cell
            *["update_item"] * 2,  # counters and state
            "batch_get_item",  # who it is
            *["batch_get_item"] * 2,  # memberships and tags that orders touch
            *["query"] * 4,  # cells of two measures, moments of one, counters
            "put_events",
        ]
    )


def test_what_an_event_costs_does_not_depend_on_what_it_does_not_touch(bench):
    live(bench, 10)
    plain = costs(bench, order(bench))
    bench.catalog.conditions |= {
        f"other-{number}": {**CONDITIONS["spent"], "event": f"other-{number}"}
        for number in range(300)
    }
    bench.catalog.version += 1

    assert costs(bench, order(bench)) == plain
