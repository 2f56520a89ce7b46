"""SQL of each kind of leaf, held against a naive reading of people who stand on every edge.

Few people, one instant and one zone, so that it takes no time; any people, zones and trees are
those of `test_against_evaluator.py`.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from shared.domain.days import day_start
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.domain.segments.condition import Condition
from shared.domain.segments.sql import members_of
from tests.domain.segments.histories import Happening
from tests.domain.segments.oracle import Reading

READ = TypeAdapter(Condition)
ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 4, 34, 56, 789_500, tzinfo=UTC)  # a Sunday, half a millisecond on
NOW = AT.replace(microsecond=789_000)
TODAY = date(2026, 11, 22)
MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(days=1)

_EXACT = [NOW - timedelta(seconds=back) for back in (0, 60, 3_600, 86_400, 2 * 86_400, 7 * 86_400)]
_DAYS = [TODAY - back * DAY for back in (-1, 0, 1, 2, 6, 7, 30)]
_PERIODS = [
    *(date(2026, 11, day) for day in (2, 9, 16)),
    *(date(2026, month, 1) for month in (8, 9, 10, 11)),
]
EDGES = sorted(
    edge + n * MILLISECOND
    for edge in (*_EXACT, *(day_start(day, ZONE) for day in (*_DAYS, *_PERIODS)))
    for n in (-1, 0, 1)
)
SKUS = ["a", "b", "ab", "", "1", 1, 1.5, 0, True, False, None, [], ["a", 1], [True, "b"], {"a": 1}]
PRICES = [0, 1, 2, 2.5, -1, 0.1, 0.2, 10**12, 1e-7, "2", None, [2]]


def crowd():
    """People of one event on each edge, and people of several."""
    random = Random(5)

    def page(at, number, name="page"):
        said = {"sku": random.choice(SKUS), "price": random.choice(PRICES)}
        return Happening(at, name, {k: v for k, v in said.items() if v is not None},
                         message_id=f"m{number}")  # fmt: skip

    people = [[page(at, 0)] for at in EDGES if at <= NOW]
    for _ in range(60):
        names = random.choices(["page", "page", "page", "cart", "$tagged"], k=random.randint(2, 7))
        near = random.choice([EDGES, EDGES[-18:]])
        people.append([page(random.choice(near), n, name) for n, name in enumerate(names)])
    for sku, price in product(SKUS, PRICES[:3]):
        people.append([page(NOW - DAY, 0)])
        people[-1][0] = Happening(NOW - DAY, "page", {"sku": sku, "price": price})
    for price in PRICES:
        people.append([Happening(NOW, "page", {"price": price})])
    for value in [*SKUS, "2026-11-22", "2026-11-29T10:00:00Z", "2026-02-30", "2026-11-2", *BORN]:
        claim = Happening(NOW - DAY, "$identify", traits={"city": value})
        people.append([claim, Happening(NOW - 2 * DAY, "$identify", traits={"city": "old"})])
    return {f"p{number:03}": past for number, past in enumerate(people)}


BORN = [
    str(day)
    for ahead in (-32, -31, -8, -7, -1, 0, 1, 7, 8, 31, 32)
    for day in ((TODAY + ahead * DAY), (TODAY + ahead * DAY).replace(year=1990))
] + ["2004-02-29", "2026-12-01", "1984-11-23", "1899-11-22", "1900-01-30", "2027-11-22"]


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


PAGE = {"event": "page"}
CART = {"event": "cart"}


def rolling(seconds):
    return {"window": {"type": "rolling", "seconds": seconds}}


def between(first, last):
    return {"window": {"type": "between", "first_day": str(first), "last_day": str(last)}}


def around(kind, which, seconds, anchor=CART):
    return {"window": {"type": kind, "which": which, "seconds": seconds, "anchor": anchor}}


WINDOWS = [
    {},
    *({"within_days": days} for days in (1, 2, 7)),
    *(rolling(seconds) for seconds in (60, 3_600, 86_400)),
    between(TODAY - 6 * DAY, TODAY - DAY),
    between(TODAY, TODAY),
    *(around(kind, which, 86_400) for kind in ("after", "before") for which in ("first", "last")),
    around("after", "first", 60),
    around("before", "last", 60, PAGE),
]


def test_counts(world):
    event = {"type": "event", **PAGE}
    leaves = [{**event, **window} for window in WINDOWS]
    leaves += [
        {**event, "within_days": 7, "comparison": comparison, "times": times}
        for comparison, times in product(("at_least", "at_most", "exactly"), (0, 2))
    ]
    check(world, leaves)


TESTS = [
    *(("equals", value) for value in ("a", "1", 1, True, "")),
    *(("not_equals", value) for value in ("a", 1, False)),
    *(("one_of", value) for value in (["a", 1], ["1", True], [1.5, ""])),
    *(("contains", value) for value in ("a", 1, "", True)),
    *(("contains_any", value) for value in (["a", "x"], [1, True], [9])),
    *(("contains_all", value) for value in (["a", 1], [True], ["a", 9])),
    *(("greater", value) for value in (1, "a")),
    *(("greater_or_equal", value) for value in (1, "a")),
    *(("less", value) for value in (1, "a")),
    *(("less_or_equal", value) for value in (1, "a")),
    *(("matches", value) for value in ("^a", "b$", "^$")),
    *(("exists", None), ("not_exists", None)),
]


def asked(test):
    operator, value = test
    return {"operator": operator, "value": value}


def test_values_that_events_are_filtered_by(world):
    check(
        world,
        [
            {"type": "event", **PAGE, "where": [{"property": "sku", **asked(test)}]}
            for test in TESTS
        ],
    )


def test_values_of_traits(world):
    check(world, [{"type": "trait", "trait": "city", **asked(test)} for test in TESTS])


def test_amounts(world):
    amount = {"type": "amount", **PAGE, "property": "price"}
    aggregates = ("sum", "average", "minimum", "maximum")
    comparisons = ("at_least", "at_most", "more_than", "less_than", "exactly")
    leaves = [
        {**amount, "aggregate": aggregate, "comparison": comparison, "value": value}
        for aggregate, comparison, value in product(aggregates, comparisons, (0, 1, 0.3))
    ]
    sku = {**amount, "property": "sku", "aggregate": "distinct", "comparison": "exactly"}
    leaves += [{**sku, "value": 1, "within_days": days} for days in (1, 7)]
    leaves += [{**sku, "value": value, "within_days": 92} for value in (0, 1, 2)]
    leaves += [
        {**amount, **window, "aggregate": "sum", "comparison": "at_least", "value": 1}
        for window in WINDOWS[1::3]
    ]
    check(world, leaves)


def test_amounts_beyond_eighteen_decimals_and_the_greatest(world):
    amount = {"type": "amount", **PAGE, "property": "price"}
    comparisons = ("at_least", "at_most", "more_than", "less_than", "exactly")
    check(
        world,
        [
            {**amount, "aggregate": aggregate, "comparison": comparison, "value": value}
            for aggregate, comparison, value in product(
                ("average", "maximum"), comparisons, (1e-19, 2, 1e15)
            )
        ],
    )


def test_first_and_last_values(world):
    leaves = [
        {"type": "value", **PAGE, **window, "which": which,
         "test": {"property": "sku", **asked(("one_of", ["a", 1, True, ""]))}}
        for window, which in product(WINDOWS[::2], ("first", "last"))
    ]  # fmt: skip
    check(world, leaves)


def test_favourites(world):
    leaves = [
        {"type": "favourite", **PAGE, "within_days": days,
         "test": {"property": "sku", **asked(test)}}
        for days, test in product((1, 7, 92), (("equals", "a"), ("exists", None), ("equals", 1)))
    ]  # fmt: skip
    check(world, leaves)


def test_ratios(world):
    comparisons = ("at_least", "at_most", "more_than", "less_than", "exactly")
    ratio = {"type": "ratio", "whole": PAGE}
    leaves = [
        {**ratio, **part, "comparison": comparison, "value": value, "within_days": days}
        for part, comparison, (value, days) in product(
            ({}, {"part": CART}), comparisons, ((0.5, None), (1, 7), (1 / 3, 30))
        )
    ]
    check(world, leaves)


def test_trends(world):
    leaves = [
        {"type": "trend", **PAGE, **figure, "direction": direction, "periods": n, "unit": unit}
        for figure, direction, n, unit in product(
            ({}, {"aggregate": "sum", "property": "price"}),
            ("falling", "rising"), (1, 2), ("week", "month"),
        )
    ]  # fmt: skip
    check(world, leaves)


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


def test_sequences(world):
    leaves = []
    for steps, within, without in product(
        ([PAGE, CART], [CART, PAGE], [PAGE, PAGE], [PAGE, CART, PAGE]),
        (1, 86_400, 7 * 86_400),
        ({}, {"without": CART}, {"without": PAGE}),
    ):
        days = 7 if within < 86_400 else 30
        leaf = {"type": "sequence", "steps": steps, "within_seconds": within, "within_days": days}
        leaves.append({**leaf, **without})
    check(world, leaves)


def test_activity(world):
    leaves = [
        {"type": "activity", "about": about, "comparison": comparison, "value": value}
        for about, comparison, value in product(
            ("silence_days", "age_days", "events"), ("at_least", "less_than"), (0, 1, 2, 7)
        )
    ]
    check(world, leaves)


SPANS = [(0, 0), (1, 7), (-7, -1), (-31, 31), (8, 31)]


def test_dates_in_traits(world):
    born = {"type": "date", "source": {"type": "trait", "trait": "city"}}
    leaves = [
        {**born, "from_days": first, "to_days": last, "repeats": repeats, "calendar": calendar}
        for (first, last), (repeats, calendar) in product(
            SPANS, (("never", "solar"), ("yearly", "solar"), ("yearly", "lunar"))
        )
    ]
    check(world, leaves)


@pytest.mark.parametrize("day", [date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29)])
def test_a_birthday_at_the_end_of_february(world, day):
    born = {"type": "date", "source": {"type": "trait", "trait": "city"}, "repeats": "yearly"}
    at = day_start(day, ZONE) + timedelta(hours=5)
    check(world, [{**born, "from_days": n, "to_days": n} for n in (-1, 0, 1)], at)


def test_days_of_events(world):
    leaves = [
        {"type": "date", "source": {"type": "event", **PAGE, "which": which},
         "from_days": first, "to_days": last}
        for which, (first, last) in product(
            ("first", "last"), ((0, 0), (-7, -1), (-1, -1), (-30, -2), (1, 9))
        )
    ]  # fmt: skip
    check(world, leaves)


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
