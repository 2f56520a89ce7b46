"""The contact budget: no cap is ever broken, nobody is put off for nothing, priority goes first."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.messages.budget import Cap, Limit, room
from shared.domain.messages.ledger import NOTHING, Ledger, Use, Wait, ledger_of

ZONE = ZoneInfo("America/New_York")
NOON = datetime(2026, 10, 30, 12, tzinfo=UTC)  # clocks are put back two days later
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def use(at: datetime, channel: str = "email", topic: str = "") -> Use:
    return Use(at, channel, "marketing", topic)  # type: ignore[arg-type]


def wait(name: str, priority: int = 50, *, at: datetime = NOON, until: datetime = NOON) -> Wait:
    return Wait(name, use(at), priority, at, until, at + 30 * DAY)


caps = st.builds(
    Cap,
    most=st.integers(1, 3),
    within=st.sampled_from([HOUR, DAY, 3 * DAY]),
    channel=st.sampled_from([None, "email"]),
    topic=st.sampled_from([None, "sale"]),
) | st.builds(
    Cap,
    most=st.integers(1, 3),
    per=st.sampled_from(["day", "week", "month"]),
    channel=st.sampled_from([None, "sms"]),
)
asks = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(["email", "sms"]),
        st.sampled_from(["", "sale"]),
        st.integers(0, 100),
    ),
    min_size=1,
    max_size=14,
)


def held(limit: Limit, sent: Sequence[Use], at: datetime) -> int:
    """How many of these a cap counts at an instant, by its words alone."""
    mine = [one for one in sent if one.at <= at and limit.covers(one)]
    if limit.within is not None:
        return sum(at - one.at < limit.within for one in mine)
    today = at.astimezone(ZONE).date()
    match limit.per:
        case "day":
            return sum(one.at.astimezone(ZONE).date() == today for one in mine)
        case "week":
            week = today.isocalendar()[:2]
            return sum(one.at.astimezone(ZONE).date().isocalendar()[:2] == week for one in mine)
        case _:
            month = (today.year, today.month)
            days = [one.at.astimezone(ZONE).date() for one in mine]
            return sum((day.year, day.month) == month for day in days)


@given(st.lists(caps, min_size=1, max_size=3), asks)
def test_whoever_waits_for_room_breaks_no_cap_and_never_waits_for_nothing(
    said: list[Cap], asked: list[tuple[int, str, str, int]]
):
    limits = [cap.limit for cap in said]
    ledger, sent = NOTHING, list[Use]()
    coming = []
    for n, (hours, channel, topic, priority) in enumerate(asked):
        at = NOON + hours * HOUR
        wish = Wait(f"m{n:02d}", use(at, channel, topic), priority, at, at, at + 9_000 * DAY)
        coming.append((at, n, wish))
    turns = 0
    while coming:
        turns += 1
        assert turns <= 40 * len(asked), "somebody waits for ever"
        coming.sort(key=lambda one: one[:2])
        now, n, wish = coming.pop(0)
        mine = replace(wish.use, at=now)
        found = room(limits, ledger, replace(wish, use=mine), now, ZONE)
        if found.at > now:
            covered = [limit for limit in limits if limit.covers(mine)]
            full = any(held(one, sent, now) >= one.most for one in covered)
            assert full or any(one.is_coming(now) for one in ledger.waiting.values())
            ledger = ledger.waits(replace(wish, until=found.at))
            coming.append((found.at, n, wish))
            continue
        ledger = ledger.took(wish.message_id, mine)
        sent.append(mine)
        for limit in limits:
            assert held(limit, sent, now) <= limit.most or not limit.covers(mine)
    assert len(sent) == len(asked)


def test_the_first_of_those_who_wait_is_the_one_with_the_highest_priority():
    limit = Cap(most=1, within=DAY).limit
    ledger = NOTHING.took("old", use(NOON - HOUR))
    for name, priority in (("low", 10), ("high", 90), ("middle", 50)):
        at = room([limit], ledger, wait(name, priority), NOON, ZONE).at
        ledger = ledger.waits(replace(wait(name, priority), until=at))
    free = NOON - HOUR + DAY
    order = []
    for day in range(3):
        now = free + day * DAY
        ready = [one for one in ledger.waiting.values() if one.until <= now]
        can = [one for one in ready if room([limit], ledger, one, now, ZONE).at == now]
        assert len(can) <= 1
        for one in can:
            order.append(one.message_id)
            ledger = ledger.took(one.message_id, use(now))
        for one in list(ledger.waiting.values()):
            until = room([limit], ledger, one, now, ZONE).at
            ledger = ledger.waits(replace(one, until=until))
    assert order == ["high", "middle", "low"]


def test_what_is_kept_for_those_with_priority_nobody_else_takes():
    limit = Cap(most=2, per="day", reserve=1).limit
    ledger = NOTHING.took("first", use(NOON))
    midnight = datetime(2026, 10, 31, 4, tzinfo=UTC)
    assert room([limit], ledger, wait("low", 79), NOON, ZONE).at == midnight
    assert room([limit], ledger, wait("high", 80), NOON, ZONE).at == NOON


def test_nobody_waits_for_one_that_never_came_back():
    limit = Cap(most=1, within=DAY).limit
    ledger = NOTHING.waits(wait("lost", 90))
    assert room([limit], ledger, wait("low", 10), NOON, ZONE).at > NOON
    later = NOON + 2 * HOUR
    assert room([limit], ledger, wait("low", 10), later, ZONE).at == later


def test_a_day_ends_at_midnight_of_the_person_also_when_it_has_25_hours():
    limit = Cap(most=1, per="day").limit
    sunday = datetime(2026, 11, 1, 4, tzinfo=UTC)  # 00:00 in New York, an hour more to come
    ledger = NOTHING.took("first", use(sunday))
    found = room([limit], ledger, wait("next"), sunday, ZONE).at
    assert found - sunday == timedelta(hours=25)


def test_a_message_that_is_tried_again_counts_once():
    limit = Cap(most=1, within=DAY).limit
    ledger = NOTHING.took("m", use(NOON))
    assert room([limit], ledger, wait("m"), NOON, ZONE).at == NOON
    assert ledger.took("m", use(NOON)).used == ledger.used
    assert ledger.without("m") == NOTHING


ids = st.text("abc0123", min_size=1, max_size=5)
instants = st.integers(0, 10**12).map(lambda number: NOON + timedelta(milliseconds=number))
uses = st.builds(
    Use,
    instants,
    st.sampled_from(["email", "wechat"]),
    st.sampled_from(["marketing", "service"]),
    st.sampled_from(["", "促销"]),
    st.sampled_from(["", "service"]),
)
waits = st.builds(Wait, ids, uses, st.integers(0, 100), instants, instants, instants)


@given(st.dictionaries(ids, uses), st.lists(waits))
def test_a_ledger_is_read_as_it_was_written(used: dict[str, Use], waiting: list[Wait]):
    ledger = Ledger(used, {one.message_id: one for one in waiting})
    assert ledger_of(ledger.to_text()) == ledger


@pytest.mark.parametrize(
    "cap",
    [
        {"most": 1},
        {"most": 1, "per": "day", "within": "P1D"},
        {"most": 0, "per": "day"},
        {"most": 2, "per": "day", "reserve": 2},
        {"most": 1, "within": 60},
        {"most": 1, "within": "P1Y"},
        {"most": 1, "per": "day", "purposes": []},
    ],
)
def test_other_caps_are_refused(cap: dict[str, object]):
    with pytest.raises(ValidationError):
        Cap.model_validate(cap)
