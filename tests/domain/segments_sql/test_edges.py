"""SQL of each kind of leaf, held against a naive reading of people who stand on every edge.

Few people, one instant and one zone, so that it takes no time; any people, zones and trees are
those of `test_against_evaluator.py`.
"""

from datetime import date, timedelta
from itertools import product

import pytest
from pydantic import TypeAdapter

from shared.domain.days import day_start
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.segments.condition import Condition
from shared.domain.segments.sql import members_of
from tests.domain.segments.histories import Happening
from tests.domain.segments.oracle import Reading
from tests.domain.segments_edges.crowd import (
    AT,
    CART,
    COMPARISONS,
    DAY,
    LEAVES,
    MILLISECOND,
    NOW,
    PAGE,
    SPANS,
    TODAY,
    ZONE,
    crowd,
)

READ = TypeAdapter(Condition)


@pytest.fixture(scope="module")
def world(make_lake):
    """(the lake, everybody's past by name)."""
    people, lake = crowd(), make_lake()
    rows = [
        (event_row(name, each.event().to_json()), str(each.at.date()))
        for name, past in people.items()
        for each in past
    ]
    lake.add_many(EVENTS, rows)
    return lake, people


def check(world, leaves, at=AT):
    """Everybody whom a leaf finds, by one query for all leaves."""
    lake, people = world
    named = {str(n): READ.validate_python(leaf) for n, leaf in enumerate(leaves)}
    found = set(lake.query(members_of(named, at, ZONE, "shop")))
    readings = {name: Reading(past, at, ZONE) for name, past in people.items()}
    telling = 0
    for n, leaf in enumerate(leaves):
        wanted = {name for name, each in readings.items() if each.events and each.holds(leaf)}
        got = {name for number, name in found if number == str(n)}
        assert got == wanted, (leaf, {name: people[name] for name in got ^ wanted})
        telling += 0 < len(wanted) < len(people)
    assert 3 * telling >= len(leaves), "most leaves find some people and not all"


@pytest.mark.slow
@pytest.mark.parametrize("kind", LEAVES)
def test_each_kind_of_leaf(world, kind):
    check(world, LEAVES[kind])


def test_amounts_beyond_eighteen_decimals_and_the_greatest(world):
    amount = {"type": "amount", **PAGE, "property": "price"}
    check(
        world,
        [
            {**amount, "aggregate": aggregate, "comparison": comparison, "value": value}
            for aggregate, comparison, value in product(
                ("average", "maximum"), COMPARISONS, (1e-19, 2, 1e15)
            )
        ],
    )


@pytest.mark.parametrize("today", [date(2026, 1, 15), date(2026, 11, 30), date(2026, 12, 31)])
def test_periods_reach_over_the_turn_of_the_year_and_short_months(make_lake, today):
    """One person for each day, of one visit, and another of two a period before."""
    lake, people = make_lake(), {}
    days = [today - back * DAY for back in range(100)]
    for day in days:
        noon = day_start(day, ZONE) + timedelta(hours=12)
        people[f"p{day}"] = [Happening(noon, "page")]
    rows = [(event_row(name, each.event().to_json()), str(each.at.date()))
            for name, (each,) in people.items()]  # fmt: skip
    lake.add_many(EVENTS, rows)
    check(
        (lake, people),
        [
            {"type": "trend", **PAGE, "direction": direction, "periods": periods, "unit": unit}
            for direction, periods, unit in product(
                ("falling", "rising"), (1, 2), ("week", "month")
            )
        ],
        day_start(today, ZONE) + timedelta(hours=13),
    )


@pytest.mark.parametrize("day", [date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29)])
def test_a_birthday_at_the_end_of_february(world, day):
    born = {"type": "date", "source": {"type": "trait", "trait": "city"}, "repeats": "yearly"}
    at = day_start(day, ZONE) + timedelta(hours=5)
    check(world, [{**born, "from_days": n, "to_days": n} for n in (-1, 0, 1)], at)


@pytest.mark.slow
@pytest.mark.parametrize("calendar", ["solar", "lunar"])
def test_anniversaries_of_events(make_lake, calendar):
    """One person for each day around those a year and three years ago."""
    lake, people = make_lake(), {}
    for years, ahead in product((1, 3), range(-42, 43, 1 if calendar == "solar" else 2)):
        day = (TODAY + ahead * DAY).replace(year=TODAY.year - years)
        for n, at in enumerate((day_start(day, ZONE), day_start(day + DAY, ZONE) - MILLISECOND)):
            people[f"p{day}-{n}"] = [Happening(at, "page"), Happening(NOW, "cart")]
    rows = [(event_row(name, each.event().to_json()), str(each.at.date()))
            for name, past in people.items() for each in past]  # fmt: skip
    lake.add_many(EVENTS, rows)
    leaf = {"type": "date", "source": {"type": "event", **PAGE}, "repeats": "yearly"}
    check(
        (lake, people),
        [
            {**leaf, "calendar": calendar, "from_days": first, "to_days": last}
            for first, last in SPANS
        ],
    )


def test_groups(world):
    seen, gone = {"type": "event", **PAGE}, {"type": "event", **CART}
    late = {"type": "event", **PAGE, "within_days": 1}

    def no(part):
        return {"type": "not", "condition": part}

    def of(kind, *parts, **more):
        return {"type": kind, "conditions": [*parts], **more}

    three = (seen, no(gone), late)
    leaves = [
        *(of("at_least", *three, count=n) for n in (1, 2, 3)),
        of("all", *three),
        of("any", gone, late),
        no(of("any", gone, late)),
        of("all", of("any", gone, no(of("all", seen, late))), no(of("at_least", *three, count=3))),
        of("any", no(seen), no(no(late))),
    ]
    deep = late
    for n in range(3):
        deep = no(of("all", of("any", deep, gone if n % 2 else seen), seen))
    check(world, [*leaves, deep])
