"""New definitions: built for each person from the timeline, whoever dies and whatever arrives."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest

from tests.functions.update_tags.conftest import NOON, Wire
from tests.functions.update_tags.odd import Small, Stale
from tests.functions.update_tags.people import Identity, expect_exact_tallies, members, told

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ADA, PHONE = "ada", "phone"
OLD = NOON - timedelta(days=50)
DEAR = {"property": "price", "operator": "greater", "value": 10}
SPENDERS = {
    "type": "amount",
    "event": "order",
    "where": [DEAR],
    "aggregate": "sum",
    "property": "price",
    "comparison": "at_least",
    "value": 30,
}
HASTY = {
    "type": "event",
    "event": "order",
    "times": 2,
    "window": {"type": "rolling", "seconds": 3600},
}
TIER = {
    "type": "rule",
    "values": [{"value": "gold", "title": "Gold", "condition": SPENDERS}],
    "otherwise": "none",
}
ANNOUNCED = ("segment:spenders", "tag:tier")


class CrashError(BaseException):
    """The end of the process."""


@pytest.fixture
def bench(bench):
    bench.catalog.conditions = {"today": bench.catalog.conditions["today"]}
    return bench


def publish(bench, *, announced=()):
    """New definitions that look at measures, with the second version of the catalog."""
    bench.catalog.version = 2
    bench.catalog.conditions = {
        **bench.catalog.conditions,
        "spenders": SPENDERS,
        "hasty": HASTY,
    }
    bench.catalog.kinds = {"tier": TIER}
    names = ("segment:spenders", "segment:hasty", "tag:tier")
    bench.catalog.builds = dict.fromkeys(names, 2)
    bench.catalog.announced = set(announced)


def withdraw(bench):
    bench.catalog.version = 1
    bench.catalog.conditions = {"today": bench.catalog.conditions["today"]}
    bench.catalog.kinds, bench.catalog.builds = {}, {}


def order(bench, person, price, at=NOON):
    return bench.event(person, "order", at=at, properties={"price": price})


def history(bench, person=ADA):
    bench.deliver([order(bench, person, 20, OLD), order(bench, person, 5)])


def tag(bench, person=ADA):
    row = bench.rows(person).get("TAG#tier")
    return row and (row["value"], row["changes"], row.get("untold", False))


def holders(bench, subject):
    table = bench.everything()
    return sum(row["members"] for row in table.get(f"default#N#TAG#{subject}", {}).values())


def test_a_silent_build_stores_what_holds_and_tells_nobody(bench):
    history(bench)
    order_before = order(bench, ADA, 15, NOON - timedelta(minutes=5))
    bench.deliver([order_before])
    publish(bench)
    bench.bus.published.clear()

    outcome = bench.judge(ADA)

    assert members(bench.rows(ADA)) == {"spenders", "hasty"}
    assert dict(outcome.members) == {"spenders": 1, "hasty": 1}
    assert tag(bench) == ('"gold"', 1, False)
    assert (holders(bench, "tier"), holders(bench, 'tier="gold"')) == (1, 1)
    assert bench.bus.published == []
    expect_exact_tallies(bench)
    assert bench.rows(ADA)["STATE"]["built"] == 2


def test_an_announced_build_tells_what_it_finds(bench):
    history(bench)
    bench.deliver([order(bench, ADA, 15)])
    publish(bench, announced=ANNOUNCED)
    bench.bus.published.clear()

    bench.judge(ADA)

    words = [(fact.name, getattr(fact, "value_after", "")) for fact in bench.facts(ADA)]
    assert words == [("SegmentEntered", ""), ("TagChanged", "gold")]
    assert not any("untold" in row for row in bench.rows(ADA).values())


def test_what_was_lost_on_the_way_is_found_by_a_build_of_everything_and_by_no_other(bench):
    history(bench)
    publish(bench)
    bench.judge(ADA)
    order(bench, ADA, 15)  # it is in the timeline, and its change was given up
    bench.judge(ADA)
    assert members(bench.rows(ADA)) == set()

    bench.catalog.version = bench.catalog.days = 3
    bench.bus.published.clear()
    bench.judge(ADA)

    assert members(bench.rows(ADA)) == {"spenders", "hasty"}
    assert bench.bus.published == []


def test_what_happens_after_a_build_is_told(bench):
    history(bench)
    publish(bench)
    bench.judge(ADA)
    assert members(bench.rows(ADA)) == set()

    bench.deliver([order(bench, ADA, 11)])

    assert told(bench, ADA)[-3:] == ["entered hasty", "entered spenders", "tier: gold"]
    assert tag(bench)[:2] == ('"gold"', 2)


def test_whoever_does_something_first_is_built_by_that(bench):
    history(bench)
    publish(bench)

    bench.deliver([order(bench, ADA, 15)])

    assert members(bench.rows(ADA)) == {"spenders", "hasty"}
    assert bench.rows(ADA)["STATE"]["built"] == 2


def test_to_judge_somebody_again_for_whom_all_is_built_only_reads(bench):
    history(bench)
    publish(bench)
    bench.judge(ADA)
    wire = Wire()

    bench.judge(ADA, wire=wire)

    assert [name for name, _ in wire.calls] == ["batch_get_item"] * 2


def test_somebody_new_is_built_from_the_start_at_no_cost(bench):
    publish(bench)
    wire = Wire()

    bench.deliver([bench.event(ADA, "other")], wire)

    rows = bench.rows(ADA)
    assert (rows["STATE"]["built"], "building" in rows["STATE"]) == (2, False)
    assert tag(bench) == ('"none"', 1, False)  # nobody has to do anything to be nothing
    writes = [name for name, _ in wire.calls if name.startswith(("put_i", "upd", "transact"))]
    # two folds, the due row, the state and the tag; then the marks of both are taken off
    assert len(writes) == 7


def test_only_what_is_new_is_judged(bench):
    history(bench)
    publish(bench)
    wire = Wire()

    bench.judge(ADA, wire=wire)

    asked = [
        key["sk"]["S"]
        for name, request in wire.calls
        if name == "batch_get_item"
        for key in request["RequestItems"][bench.table]["Keys"]
    ]
    assert {sk for sk in asked if sk.startswith("SEG#")} == {"SEG#spenders", "SEG#hasty"}


def test_strands_of_a_person_are_built_each(bench):
    history(bench)
    bench.deliver([order(bench, PHONE, 15)])
    bench.deliver(Identity(bench).merge(ADA, PHONE))
    publish(bench)

    bench.judge(PHONE)

    assert members(bench.rows(ADA)) == {"spenders", "hasty"}
    assert [bench.rows(name)["STATE"]["built"] for name in (ADA, PHONE)] == [2, 2]


def ended(bench):
    rows = bench.rows(ADA)
    expect_exact_tallies(bench)
    assert not any("untold" in row for row in rows.values())
    gold = tag(bench) is not None and tag(bench)[0] == '"gold"'
    assert (holders(bench, 'tier="gold"'), holders(bench, "tier")) == (gold, 1)
    cells = {sk: row for sk, row in rows.items() if sk.startswith(("CELL#", "MOM#"))}
    return members(rows), gold, rows["STATE"]["built"], len(cells)


@pytest.mark.parametrize(
    ("moment", "announced"),
    [
        ("before", ()),
        ("after", ANNOUNCED),
        pytest.param("before", ANNOUNCED, marks=pytest.mark.nightly),
        pytest.param("after", (), marks=pytest.mark.nightly),
    ],
)
def test_wherever_a_build_dies_the_next_one_comes_to_the_same(bench, moment, announced):
    for number in count(1):
        bench.begin_again()
        withdraw(bench)
        history(bench)
        bench.deliver([order(bench, ADA, 15, NOON - timedelta(minutes=5))])
        publish(bench, announced=announced)
        bench.bus.published.clear()

        def hook(call, when, number=number):
            if (call, when) == (number, moment):
                raise CrashError

        wire = Wire(hook)
        with suppress(CrashError):
            bench.judge(ADA, wire=wire)
        bench.judge(ADA)

        assert ended(bench) == ({"spenders", "hasty"}, True, 2, 8), number
        told_names = sorted(fact.name for fact in bench.facts(ADA))
        assert told_names == (["SegmentEntered", "TagChanged"] if announced else [])
        if len(wire.calls) < number:
            break
    assert number > 15


def test_events_that_arrive_while_a_build_goes_on_are_neither_lost_nor_doubled(bench):
    """Another function, whose catalog is old, takes an event in right before each call."""
    for number in count(1):
        bench.begin_again()
        withdraw(bench)
        history(bench)
        other = Stale(bench)
        publish(bench)

        def hook(call, when, number=number, other=other):
            if (call, when) == (number, "before"):
                other.deliver([order(bench, ADA, 15)])

        wire = Wire(hook)
        bench.judge(ADA, wire=wire)
        if len(wire.calls) < number:
            break

        assert ended(bench)[:3] == ({"spenders", "hasty"}, True, 2), number
    assert number > 12


def test_a_build_of_a_long_timeline_goes_on_where_somebody_died_over_it(bench):
    bench.deliver([order(bench, ADA, 11, OLD - timedelta(days=day)) for day in range(8)])
    publish(bench)
    client, bench.dynamodb = bench.dynamodb, Small(bench.dynamodb)
    lives, pages = count(), []
    while "built" not in (row := bench.rows(ADA)["STATE"]) or row["built"] < 2:
        bench.dynamodb.pages = 0
        number = next(lives)

        def hook(call, when, number=number):
            if when == "before" and bench.dynamodb.pages == 2 and number < 3:
                raise CrashError

        with suppress(CrashError):
            bench.judge(ADA, wire=Wire(hook))
        pages.append(bench.dynamodb.pages)
    bench.dynamodb = client

    assert len(pages) == 4  # three died over it
    assert sum(pages) < 4 * 5, pages  # and nobody began again
    assert members(bench.rows(ADA)) == {"spenders"}
    assert "progress" not in bench.rows(ADA)["STATE"]
