"""Generated conditions, people and moments; moments crowd around the changes of clocks."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from shared.domain.profiles.model import View
from shared.domain.segments.condition import OPERATORS
from tests.domain.segments.oracle import Past

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
TRAITS = ("city", "age", "vip", "tags")

scalars = st.one_of(
    st.sampled_from(["", "1", "10", "上海", "上", "true", "b"]),
    st.sampled_from([0, 1, -1, 10, 1.0, 0.5, 2**70, 1e300]),
    st.booleans(),
)
trait_values = st.one_of(
    scalars, st.none(), st.lists(scalars, max_size=3), st.just({"nested": [1]})
)
traits = st.dictionaries(st.sampled_from(TRAITS), trait_values)

_WANTED = {
    "one_of": st.lists(scalars, min_size=1, max_size=3),
    "exists": st.none(),
    "not_exists": st.none(),
    **dict.fromkeys(("equals", "not_equals", "contains"), scalars),
}


@st.composite
def trait_conditions(draw: st.DrawFn) -> dict[str, Any]:
    operator = draw(st.sampled_from(OPERATORS))
    comparable = scalars.filter(lambda value: not isinstance(value, bool))
    return {
        "type": "trait",
        "trait": draw(st.sampled_from(TRAITS)),
        "operator": operator,
        "value": draw(_WANTED.get(operator, comparable)),
    }


event_conditions = st.fixed_dictionaries(
    {
        "type": st.just("event"),
        "event": st.sampled_from(EVENTS),
        "comparison": st.sampled_from(["at_least", "at_most", "exactly"]),
        "times": st.integers(0, 4),
        "within_days": st.one_of(st.none(), st.integers(1, 6)),
    }
)


def _groups(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda conditions: {"type": "all", "conditions": conditions}, several),
        st.builds(lambda conditions: {"type": "any", "conditions": conditions}, several),
        st.builds(lambda condition: {"type": "not", "condition": condition}, parts),
    )


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Conditions as plain data, nested a few levels deep."""
    return st.recursive(leaves, _groups, max_leaves=6)


conditions = trees(st.one_of(event_conditions, event_conditions, trait_conditions()))


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


@st.composite
def pasts(draw: st.DrawFn, today: date) -> Past:
    """A person with events around today; some a day or two ahead of it."""
    days_ago = st.integers(-2, 8).map(lambda back: today - timedelta(days=back))
    happened = st.tuples(st.sampled_from(EVENTS), days_ago)
    return Past(draw(traits), tuple(draw(st.lists(happened, max_size=10))))


def view_of(past: Past) -> View:
    """What the stores would show of a past."""
    counters: dict[str, dict[date, int]] = {}
    for name, day in past.events:
        days = counters.setdefault(name, {})
        days[day] = days.get(day, 0) + 1
    return View(past.traits, counters)


@st.composite
def cases(
    draw: st.DrawFn, tree: st.SearchStrategy[Any] = conditions
) -> tuple[dict[str, Any], Past, datetime, ZoneInfo]:
    """(condition as data, past, now, zone)."""
    now, zone = draw(moments())
    return draw(tree), draw(pasts(now.astimezone(zone).date())), now, zone
