"""Generated conditions, histories and moments; moments crowd around the changes of clocks."""

from collections import ChainMap
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from shared.domain.segments.condition import OPERATORS
from tests.domain.segments.histories import Happening, History

Strategy = st.SearchStrategy[Any]

# Zones whose clocks jump at midnight, over it, twice a year, by half an hour, or never.
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Asia/Shanghai",
        "Asia/Kathmandu",
        "America/New_York",
        "America/Havana",
        "America/Santiago",
        "America/Nuuk",
        "Africa/Cairo",
        "Asia/Beirut",
        "Atlantic/Azores",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Pacific/Chatham",
    )
]
EVENTS = ("page", "cart", "order")
_OFTEN = ("page", "page", "page", "cart", "cart", "order")
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

events = st.sampled_from(_OFTEN)
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

# --- people and their time -----------------------------------------------------------------------


@cache
def _jumps(zone: ZoneInfo) -> tuple[datetime, ...]:
    """The hours of two years at which the zone's offset changes; noon of a day where none does."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(2 * 365 * 24)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    pairs = zip(hours[1:], offsets, offsets[1:], strict=False)
    return tuple(h for h, old, new in pairs if old != new) or (
        datetime(2026, 6, 1, 12, tzinfo=UTC),
    )


@st.composite
def moments(draw: st.DrawFn) -> tuple[datetime, ZoneInfo]:
    """(now, zone), often a few days before or after the clocks change."""
    zone = draw(st.sampled_from(ZONES))
    jump = draw(st.sampled_from(_jumps(zone)))
    minutes = draw(st.integers(-7 * 24 * 60, 3 * 24 * 60))
    seconds = draw(st.sampled_from([0, 0, 1, 59]))
    return jump + timedelta(minutes=minutes, seconds=seconds), zone


_NAMES = (*_OFTEN, *_OFTEN, "$identify", "$identify", "other", "$tagged")
_MILLISECOND = timedelta(milliseconds=1)
# Sums of few lengths, so that two things are often just as far apart as a window is long.
_back = st.one_of(
    st.tuples(
        st.sampled_from([0, 0, 0, 43_200, 86_400, 86_400, 2 * 86_400, 3 * 86_400, 6 * 86_400]),
        st.sampled_from([0, 0, 3_600, 7_200]),
        st.sampled_from([0, 0, 0, 60]),
        st.sampled_from([0, 0, 0, 1]),
    ).map(lambda lengths: timedelta(seconds=sum(lengths))),
    st.integers(0, 8).map(lambda days: timedelta(days=days)),
    st.integers(9, 100).map(lambda days: timedelta(days=days)),
)


@st.composite
def _instants(draw: st.DrawFn, now: datetime, zone: ZoneInfo) -> datetime:
    """Before `now`, and often just where a window ends: so long ago, or at a day's start."""
    at = now - draw(_back)
    if draw(st.integers(0, 3)) == 0:
        at = datetime.combine(at.astimezone(zone).date(), time.min, zone).astimezone(UTC)
    return min(now, at + draw(st.sampled_from([0, 0, 0, -1, 1])) * _MILLISECOND)


@st.composite
def _birthdays(draw: st.DrawFn, now: datetime) -> Any:
    near = now.date() + timedelta(days=draw(st.integers(-10, 10)))
    years = draw(st.sampled_from([0, 0, 1, 2, 19, 38, 57, 100, 130, -1]))
    born = near - timedelta(days=round(years * 365.25))
    odd = st.sampled_from(["2024-02-29", "2026-02-30", "1899-05-05", "2026-W01-1", "0000-01-01", 7])
    tail = draw(st.sampled_from(["", "T10:00:00Z", "x"]))
    return draw(st.one_of(st.just(f"{born}{tail}"), st.just(f"{born}{tail}"), odd))


@st.composite
def histories(draw: st.DrawFn, now: datetime, zone: ZoneInfo, most: int = 12) -> History:
    """What happened up to `now`, in two strands."""
    happened = []
    for number in range(draw(st.one_of(st.integers(0, most), st.integers(most // 2, most)))):
        name = draw(
            st.sampled_from((*_OFTEN, *_OFTEN, "$identify", "$identify", "other", "$tagged"))
        )
        claims: dict[str, Any] = {}
        if name == "$identify":
            claims = draw(st.dictionaries(st.sampled_from(TRAITS), trait_values, max_size=3))
            claims["born"] = draw(_birthdays(now))
        happened.append(
            Happening(
                at=draw(_instants(now, zone)),
                name=name,
                properties=draw(properties) if name in EVENTS else {},
                traits=claims,
                message_id=f"m{number}",
                strand_id=draw(st.sampled_from(["p1", "p1", "p2"])),
                source_id=draw(st.sampled_from(["web", "crm"])),
            )
        )
    return tuple(happened)


@st.composite
def cases(
    draw: st.DrawFn, tree: Strategy = conditions
) -> tuple[dict[str, Any], History, datetime, ZoneInfo]:
    """(condition as data, history, now, zone)."""
    now, zone = draw(moments())
    return draw(tree), draw(histories(now, zone)), now, zone
