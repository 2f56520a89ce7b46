"""Generated histories and moments; moments crowd around the changes of clocks."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.domain.segments.conditions import (
    EVENTS,
    OFTEN,
    TRAITS,
    Strategy,
    conditions,
    properties,
    trait_values,
)
from tests.domain.segments.histories import Happening, History

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


_NAMES = (*OFTEN, *OFTEN, "$identify", "$identify", "other", "$tagged")
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
        name = draw(st.sampled_from((*OFTEN, *OFTEN, "$identify", "$identify", "other", "$tagged")))
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
