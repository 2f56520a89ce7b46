"""People who stand on every edge of windows and values, and leaves of each kind about them."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

from shared.domain.days import day_start
from tests.domain.segments.histories import Happening

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


def counts():
    event = {"type": "event", **PAGE}
    leaves = [{**event, **window} for window in WINDOWS]
    return leaves + [
        {**event, "within_days": 7, "comparison": comparison, "times": times}
        for comparison, times in product(("at_least", "at_most", "exactly"), (0, 2))
    ]


def filters():
    return [
        {"type": "event", **PAGE, "where": [{"property": "sku", **asked(test)}]} for test in TESTS
    ]


def traits():
    return [{"type": "trait", "trait": "city", **asked(test)} for test in TESTS]


COMPARISONS = ("at_least", "at_most", "more_than", "less_than", "exactly")


def amounts():
    amount = {"type": "amount", **PAGE, "property": "price"}
    aggregates = ("sum", "average", "minimum", "maximum")
    leaves = [
        {**amount, "aggregate": aggregate, "comparison": comparison, "value": value}
        for aggregate, comparison, value in product(aggregates, COMPARISONS, (0, 1, 0.3))
    ]
    sku = {**amount, "property": "sku", "aggregate": "distinct", "comparison": "exactly"}
    leaves += [{**sku, "value": 1, "within_days": days} for days in (1, 7)]
    leaves += [{**sku, "value": value, "within_days": 92} for value in (0, 1, 2)]
    return leaves + [
        {**amount, **window, "aggregate": "sum", "comparison": "at_least", "value": 1}
        for window in WINDOWS[1::3]
    ]


def values():
    return [
        {"type": "value", **PAGE, **window, "which": which,
         "test": {"property": "sku", **asked(("one_of", ["a", 1, True, ""]))}}
        for window, which in product(WINDOWS[::2], ("first", "last"))
    ]  # fmt: skip


def favourites():
    return [
        {"type": "favourite", **PAGE, "within_days": days,
         "test": {"property": "sku", **asked(test)}}
        for days, test in product((1, 7, 92), (("equals", "a"), ("exists", None), ("equals", 1)))
    ]  # fmt: skip


def ratios():
    ratio = {"type": "ratio", "whole": PAGE}
    return [
        {**ratio, **part, "comparison": comparison, "value": value, "within_days": days}
        for part, comparison, (value, days) in product(
            ({}, {"part": CART}), COMPARISONS, ((0.5, None), (1, 7), (1 / 3, 30))
        )
    ]


def trends():
    return [
        {"type": "trend", **PAGE, **figure, "direction": direction, "periods": n, "unit": unit}
        for figure, direction, n, unit in product(
            ({}, {"aggregate": "sum", "property": "price"}),
            ("falling", "rising"), (1, 2), ("week", "month"),
        )
    ]  # fmt: skip


def sequences():
    leaves = []
    for steps, within, without in product(
        ([PAGE, CART], [CART, PAGE], [PAGE, PAGE], [PAGE, CART, PAGE]),
        (1, 86_400, 7 * 86_400),
        ({}, {"without": CART}, {"without": PAGE}),
    ):
        days = 7 if within < 86_400 else 30
        leaf = {"type": "sequence", "steps": steps, "within_seconds": within, "within_days": days}
        leaves.append({**leaf, **without})
    return leaves


def activity():
    return [
        {"type": "activity", "about": about, "comparison": comparison, "value": value}
        for about, comparison, value in product(
            ("silence_days", "age_days", "events"), ("at_least", "less_than"), (0, 1, 2, 7)
        )
    ]


SPANS = [(0, 0), (1, 7), (-7, -1), (-31, 31), (8, 31)]


def dates():
    born = {"type": "date", "source": {"type": "trait", "trait": "city"}}
    leaves = [
        {**born, "from_days": first, "to_days": last, "repeats": repeats, "calendar": calendar}
        for (first, last), (repeats, calendar) in product(
            SPANS, (("never", "solar"), ("yearly", "solar"), ("yearly", "lunar"))
        )
    ]
    return leaves + [
        {"type": "date", "source": {"type": "event", **PAGE, "which": which},
         "from_days": first, "to_days": last}
        for which, (first, last) in product(
            ("first", "last"), ((0, 0), (-7, -1), (-1, -1), (-30, -2), (1, 9))
        )
    ]  # fmt: skip


LEAVES = {
    make.__name__: make()
    for make in (
        counts, filters, traits, amounts, values, favourites, ratios, trends, sequences, activity,
        dates,
    )
}  # fmt: skip
