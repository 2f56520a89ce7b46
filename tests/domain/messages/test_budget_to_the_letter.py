"""The contact budget to the letter: what a limit covers and until when, and who has room when."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.messages.budget import LONGEST, Cap, Limit, Room, room
from shared.domain.messages.ledger import NOTHING, Ledger, Use, Wait

UTC_ZONE, SHANGHAI = ZoneInfo("UTC"), ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 10, 30, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USE = Use(NOON, "wecom", "marketing", "sale", "customer_task")


def test_a_cap_counts_as_it_says():
    cap = Cap(
        most=7,
        within=DAY,
        channel="sms",
        topic="sale",
        purposes=frozenset({"service"}),
        reserve=3,
        reserve_for=91,
    )
    assert cap.limit == Limit(
        most=7,
        within=DAY,
        per=None,
        channel="sms",
        form=None,
        topic="sale",
        purposes=frozenset({"service"}),
        reserve=3,
        reserve_for=91,
        zone=None,
    )
    assert Cap(most=1, per="week").limit == Limit(
        most=1, per="week", purposes=frozenset({"marketing", "service"}), reserve_for=80
    )
    written = Cap(most=1, per="day", purposes=frozenset({"service", "marketing", "transactional"}))
    assert written.model_dump()["purposes"] == ["marketing", "service", "transactional"]


@pytest.mark.parametrize(
    "cap",
    [
        {"most": 1, "within": "PT1M"},
        {"most": 1, "within": "P92D"},
        {"most": 1_000, "per": "month"},
        {"most": 2, "per": "day", "reserve": 1, "reserve_for": 100},
        {"most": 2, "per": "day", "reserve": 0, "reserve_for": 1},
    ],
)
def test_caps_may_be_as_wide_as_this(cap: dict[str, Any]):
    assert Cap.model_validate(cap)
    assert timedelta(days=92) == LONGEST


@pytest.mark.parametrize(
    "cap",
    [
        {"most": 1, "within": "PT59S"},
        {"most": 1, "within": "P92DT1S"},
        {"most": 1_001, "per": "month"},
        {"most": 2, "per": "day", "reserve": -1},
        {"most": 2, "per": "day", "reserve_for": 101},
        {"most": 2, "per": "day", "reserve_for": 0},
        {"most": 2, "per": "day", "topic": "Sale"},
        {"most": 2, "per": "year"},
        {"most": 2, "per": "day", "more": 1},
    ],
)
def test_and_no_wider(cap: dict[str, Any]):
    with pytest.raises(ValidationError):
        Cap.model_validate(cap)


NAMED: dict[str, tuple[Any, Any]] = {  # what the message is, and what it is not
    "channel": ("wecom", "sms"),
    "form": ("customer_task", "application"),
    "topic": ("sale", "news"),
    "purposes": (frozenset({"marketing", "service"}), frozenset({"service"})),
}


def test_a_limit_covers_what_has_all_that_it_names():
    for chosen in product((None, True, False), repeat=len(NAMED)):
        values = {
            name: NAMED[name][0 if right else 1]
            for name, right in zip(NAMED, chosen, strict=True)
            if right is not None
        }
        assert Limit(most=1, per="day", **values).covers(USE) is (False not in chosen), values


def next_start(per: str, day: date) -> date:
    """By looking at one day after the other."""
    while True:
        day += DAY
        if (
            per == "day"
            or (per == "week" and day.weekday() == 0)
            or (per == "month" and day.day == 1)
        ):
            return day


@given(
    st.sampled_from(["day", "week", "month"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31)),  # noqa: DTZ001
    st.booleans(),
)
def test_a_message_counts_to_the_end_of_its_day_week_or_month(per: Any, local: datetime, own: bool):
    at = local.replace(tzinfo=UTC)
    limit = Limit(most=1, per=per, zone=SHANGHAI if own else None)
    there = SHANGHAI if own else UTC_ZONE
    ends = datetime.combine(next_start(per, at.astimezone(there).date()), time(), there)
    assert limit.counted_until(at, UTC_ZONE) == ends
    assert Limit(most=1, within=HOUR).counted_until(at, UTC_ZONE) == at + HOUR


def test_a_limit_needs_a_time():
    with pytest.raises(ValueError, match="within"):
        Limit(most=1).counted_until(NOON, UTC_ZONE)


@pytest.mark.parametrize(("priority", "most"), [(0, 3), (79, 3), (80, 5), (100, 5)])
def test_a_reserve_is_for_priority(priority: int, most: int):
    assert Limit(most=5, per="day", reserve=2, reserve_for=80).most_for(priority) == most


# --- room -----------------------------------------------------------------------------------------

ONE = Limit(most=1, within=6 * HOUR)
TWO = Limit(most=2, within=6 * HOUR)


def use(hours: float, **values: Any) -> Use:
    return replace(USE, at=NOON + hours * HOUR, **values)


def wait(name: str, priority: int = 50, until: float = 0, age: float = 1, **values: Any) -> Wait:
    asked = NOON - age * HOUR
    return Wait(name, use(0, **values), priority, asked, NOON + until * HOUR, NOON + 99 * HOUR)


def ledger(*uses: Use, waits: tuple[Wait, ...] = ()) -> Ledger:
    return Ledger(
        {f"u{n}": each for n, each in enumerate(uses)}, {one.message_id: one for one in waits}
    )


def found(limits: list[Limit], known: Ledger, wanted: Wait | None = None) -> Room:
    return room(limits, known, wanted or wait("me"), NOON, UTC_ZONE)


def at(hours: float, limit: Limit | None) -> Room:
    return Room(NOON + hours * HOUR, limit)


def test_there_is_room_until_as_many_count_as_may():
    assert found([ONE], NOTHING) == at(0, None)
    assert found([ONE], ledger(use(-1))) == at(5, ONE)
    assert found([TWO], ledger(use(-1))) == at(0, None)
    assert found([TWO], ledger(use(-1), use(-2))) == at(4, TWO)
    assert found([TWO], ledger(use(-1), use(-2), use(-3))) == at(4, TWO)
    assert found([ONE], ledger(use(-6))) == at(0, None)
    assert found([ONE], ledger(use(-9), use(-8), use(-7))) == at(0, None)
    assert found([ONE], ledger(use(-9), waits=(wait("other", 90, until=-0.5),))) == at(6, ONE)
    assert found([ONE], ledger(use(-5.99))).limit == ONE


def test_the_limit_that_has_room_last_is_named_and_of_two_the_first():
    longer = Limit(most=1, within=7 * HOUR)
    known = ledger(use(-1))
    assert found([ONE, longer], known) == at(6, longer)
    assert found([longer, ONE], known) == at(6, longer)
    twin = replace(ONE, form="customer_task")
    assert found([ONE, twin], known).limit is ONE
    elsewhere = Limit(most=1, within=9 * HOUR, channel="sms")
    assert found([elsewhere, ONE], known) == at(5, ONE)


def test_what_a_limit_does_not_cover_takes_no_room():
    limit = replace(ONE, topic="sale")
    assert found([limit], ledger(use(-1, topic="news"))) == at(0, None)
    waiting = (wait("other", 90, topic="news"),)
    assert found([limit], ledger(waits=waiting)) == at(0, None)


@pytest.mark.parametrize(
    ("other", "hours"),
    [
        (wait("other", 90), 6),
        (wait("other", 90, until=2), 8),
        (wait("other", 50, age=2), 6),
        (wait("other", 50, age=0), 0),
        (wait("other", 10, age=9), 0),
        (wait("a", 50), 0 + 6),  # as old: the name decides
        (wait("z", 50), 0),
        (wait("me", 90), 0),  # itself
        (wait("other", 90, until=-1), 0),  # it never came
        (wait("other", 90, until=-0.99), 6),
    ],
)
def test_whoever_goes_first_takes_the_room_from_when_it_goes(other: Wait, hours: float):
    assert found([ONE], ledger(waits=(other,))) == at(hours, ONE if hours else None)


def test_who_waits_takes_room_where_there_is_some():
    known = ledger(use(-1), waits=(wait("first", 90), wait("second", 80)))
    # The first goes at 5 and counts to 11, the second then, to 17.
    assert found([ONE], known) == at(17, ONE)
    assert found([TWO], known) == at(6, TWO)  # now and at 5; the first counts until 6
    assert found([TWO], known, wait("me", 85)) == at(5, TWO)
    assert found([TWO], known, wait("me", 95)) == at(0, None)


def test_those_who_wait_go_in_their_order_whenever_they_came():
    first, second = wait("first", 90, until=2), wait("second", 80)
    # The first goes at 2 and counts to 8, the second then, to 14.
    for waits in ((first, second), (second, first)):
        assert found([ONE], ledger(waits=waits)) == at(14, ONE)


def test_the_reserve_is_kept_from_who_waits_too():
    kept = Limit(most=2, within=6 * HOUR, reserve=1, reserve_for=80)
    known = ledger(use(-1), waits=(wait("low", 60),))
    # The low one has no room before 5; the high one takes what is reserved.
    assert found([kept], known, wait("high", 80)) == at(0, None)
    assert found([kept], known) == at(11, kept)


def test_a_message_that_counts_already_is_not_in_its_own_way():
    assert found([ONE], Ledger({"me": use(-1)}, {})) == at(0, None)
    assert found([ONE], Ledger({"me": use(-1), "u": use(-2)}, {})) == at(4, ONE)


def test_days_of_a_limit_are_those_of_its_zone():
    day = Limit(most=1, per="day")
    assert found([day], ledger(use(-1))) == at(12, day)
    china = replace(day, zone=SHANGHAI)
    assert found([china], ledger(use(-1))) == at(4, china)


def test_a_cap_has_a_field_for_all_that_a_limit_has_but_what_is_of_channels():
    assert {one.name for one in fields(Limit)} - {"form", "zone"} == set(Cap.model_fields)
