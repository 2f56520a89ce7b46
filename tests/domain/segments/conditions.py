"""Generated conditions, as plain data; they ask for what generated histories often hold."""

from collections import ChainMap
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.domain.segments.condition import OPERATORS

Strategy = st.SearchStrategy[Any]

EVENTS = ("page", "cart", "order")
OFTEN = ("page", "page", "page", "cart", "cart", "order")
TRAITS = ("city", "age", "vip", "tags", "born")
PROPERTIES = ("sku", "price")

# --- values --------------------------------------------------------------------------------------

_TEXTS = st.sampled_from(["", "1", "10", "上海", "上", "true", "b"])
scalars = st.one_of(
    _TEXTS, st.sampled_from([0, 1, -1, 10, 1.0, 0.5, 2**53 - 1, 1e15]), st.booleans()
)
_lists = st.lists(scalars, max_size=3)
trait_values = st.one_of(
    scalars, st.sampled_from([2**70, 1e300]), st.none(), _lists, st.just({"nested": [1]})
)
prices = st.one_of(
    st.integers(-2, 3), st.sampled_from([0.1, 0.2, 0.3, 1.0, 1e-7, 10**12 - 1, 10**12, 2**70])
)
_few = st.sampled_from(["a", "b", "b", 1, 1.0, True])
_properties = {
    "sku": st.one_of(_few, _few, _few, trait_values),
    "price": st.one_of(prices, prices, trait_values),
}
properties = st.one_of(
    st.fixed_dictionaries(_properties), st.fixed_dictionaries({}, optional=_properties)
)

# --- tests of values -----------------------------------------------------------------------------

_several = st.lists(scalars, min_size=1, max_size=3)
_WANTED: dict[str, Strategy] = {
    **dict.fromkeys(("one_of", "contains_any", "contains_all"), _several),
    **dict.fromkeys(("exists", "not_exists"), st.none()),
    **dict.fromkeys(("equals", "not_equals", "contains"), scalars),
    "matches": st.sampled_from(["^1", "上", "e$", "[0-9]+", "b|t"]),
}
_comparable = scalars.filter(lambda value: not isinstance(value, bool))


@st.composite
def value_tests(draw: st.DrawFn, **names: Strategy) -> dict[str, Any]:
    operator = draw(st.sampled_from(OPERATORS))
    value = draw(_WANTED.get(operator, _comparable))
    return {name: draw(each) for name, each in names.items()} | {
        "operator": operator,
        "value": value,
    }


def trait_conditions() -> Strategy:
    return value_tests(type=st.just("trait"), trait=st.sampled_from(TRAITS))


_plain_filters = st.fixed_dictionaries(
    {
        "property": st.just("sku"),
        "operator": st.sampled_from(["equals", "not_equals", "equals"]),
        "value": _few,
    }
)
filters = st.one_of(_plain_filters, value_tests(property=st.sampled_from(PROPERTIES)))

# --- windows -------------------------------------------------------------------------------------

events = st.sampled_from(OFTEN)
_where = st.one_of(st.just([]), st.just([]), st.just([]), st.lists(filters, min_size=1, max_size=2))
patterns = st.fixed_dictionaries({"event": events, "where": _where})
_bare = st.fixed_dictionaries({"event": events})
_days = st.integers(1, 6)
SECONDS = (1, 60, 3_600, 43_200, 86_400, 3 * 86_400)
_seconds = st.sampled_from((*SECONDS, 86_400, 3 * 86_400))
_rolling = st.fixed_dictionaries({"type": st.just("rolling"), "seconds": _seconds})
_anchored = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["after", "before"]),
        "anchor": patterns,
        "which": st.sampled_from(["first", "last"]),
        "seconds": _seconds,
    }
)


@st.composite
def _between(draw: st.DrawFn) -> dict[str, Any]:
    first = date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 729)))
    last = first + timedelta(days=draw(st.sampled_from([0, 2, 200])))
    return {"type": "between", "first_day": str(first), "last_day": str(last)}


_last_days = st.builds(lambda days: {"within_days": days}, _days)
_natural: Strategy = st.one_of(st.just({}), _last_days, _last_days)
_fine = st.builds(lambda window: {"window": window}, st.one_of(_rolling, _rolling, _anchored))
_fixed = st.builds(lambda window: {"window": window}, _between())
_windows = st.one_of(_natural, _last_days, _fine, _fine, _fixed)
_bounded = st.one_of(_last_days, _fine)


def _leaf(kind: str, *parts: Strategy, **fields: Strategy) -> Strategy:
    """A leaf of a kind out of dictionaries that are put together and single fields."""
    named = st.fixed_dictionaries({"type": st.just(kind), **fields})
    return st.tuples(named, *parts).map(lambda found: dict(ChainMap(*found)))


# --- leaves --------------------------------------------------------------------------------------

_comparisons = st.sampled_from(["at_least", "at_most", "exactly"])
_amount_comparisons = st.sampled_from(["at_least", "at_most", "more_than", "less_than", "exactly"])
_wanted = st.sampled_from([-1, 0, 1, 2, 0.1, 0.3, 0.15, 0.30000000000000004, 1.0, 10**12])
_names = st.sampled_from(PROPERTIES)

plain_event_conditions = _leaf(
    "event", _natural, event=events, comparison=_comparisons, times=st.integers(0, 4)
)
event_conditions = _leaf(
    "event", patterns, _windows, comparison=_comparisons, times=st.integers(0, 4)
)
amount_conditions = st.one_of(
    _leaf(
        "amount", patterns, _windows,
        aggregate=st.sampled_from(["sum", "average", "minimum", "maximum"]),
        property=_names, comparison=_amount_comparisons, value=_wanted,
    ),
    _leaf(
        "amount", patterns, _bounded,
        aggregate=st.just("distinct"),
        property=_names, comparison=_amount_comparisons, value=_wanted,
    ),
)  # fmt: skip
value_conditions = _leaf(
    "value", patterns, _windows, which=st.sampled_from(["first", "last"]), test=filters
)
favourite_conditions = _leaf("favourite", patterns, test=filters, within_days=_days)
ratio_conditions = _leaf(
    "ratio",
    st.one_of(st.just({}), st.builds(lambda part: {"part": part}, patterns)),
    _natural,
    whole=patterns,
    comparison=_amount_comparisons,
    value=st.sampled_from([0, 0.1, 0.5, 1, 2, 1 / 3]),
)
trend_conditions = _leaf(
    "trend",
    patterns,
    st.one_of(st.just({}), st.builds(lambda p: {"aggregate": "sum", "property": p}, _names)),
    direction=st.sampled_from(["falling", "rising"]),
    periods=st.integers(1, 2),
    unit=st.sampled_from(["week", "month"]),
)
sequence_conditions = _leaf(
    "sequence",
    st.one_of(st.just({}), st.builds(lambda pattern: {"without": pattern}, patterns)),
    steps=st.lists(st.one_of(_bare, _bare, patterns), min_size=2, max_size=3),
    within_seconds=_seconds,
    within_days=_days,
)
activity_conditions = _leaf(
    "activity",
    about=st.sampled_from(["silence_days", "age_days", "events"]),
    comparison=st.sampled_from(["at_least", "less_than"]),
    value=st.integers(0, 5),
)


@st.composite
def date_conditions(draw: st.DrawFn) -> dict[str, Any]:
    trait = st.fixed_dictionaries({"type": st.just("trait"), "trait": st.just("born")})
    which = st.sampled_from(["first", "last"])
    event = _leaf("event", patterns, which=which)
    ends = sorted(draw(st.tuples(st.integers(-12, 12), st.integers(-12, 12))))
    repeats = draw(st.sampled_from(["never", "yearly", "yearly"]))
    calendars = ["solar", "lunar"] if repeats == "yearly" else ["solar"]
    return {
        "type": "date",
        "source": draw(st.one_of(trait, trait, event)),
        "from_days": ends[0],
        "to_days": ends[1],
        "repeats": repeats,
        "calendar": draw(st.sampled_from(calendars)),
    }


LEAVES = {
    "trait": trait_conditions(),
    "event": event_conditions,
    "amount": amount_conditions,
    "value": value_conditions,
    "favourite": favourite_conditions,
    "ratio": ratio_conditions,
    "trend": trend_conditions,
    "sequence": sequence_conditions,
    "activity": activity_conditions,
    "date": date_conditions(),
}
leaves = st.one_of(*LEAVES.values())


def _groups(parts: Strategy) -> Strategy:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda conditions: {"type": "all", "conditions": conditions}, several),
        st.builds(lambda conditions: {"type": "any", "conditions": conditions}, several),
        st.builds(
            lambda conditions, count: {
                "type": "at_least",
                "count": min(count, len(conditions)),
                "conditions": conditions,
            },
            several,
            st.integers(1, 3),
        ),
        st.builds(lambda condition: {"type": "not", "condition": condition}, parts),
    )


def trees(of: Strategy) -> Strategy:
    """Conditions as plain data, nested a few levels deep."""
    return st.recursive(of, _groups, max_leaves=6)


conditions = trees(leaves)
