"""The ledger of contacts: what it keeps of whom, for how long, in which words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations

import pytest

from shared.domain.messages.ledger import NOTHING, Ledger, Use, Wait, ledger_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, MILLISECOND = timedelta(hours=1), timedelta(milliseconds=1)
USE = Use(NOON, "email", "marketing", "sale", "service")
OTHER = Use(NOON - HOUR, "sms", "service")
WAIT = Wait("w", USE, 70, NOON - HOUR, NOON + HOUR, NOON + 9 * HOUR)
BOTH = Ledger({"u": USE, "v": OTHER}, {"w": WAIT, "x": replace(WAIT, message_id="x")})


def test_it_is_written_as_short_json_in_one_order():
    ledger = Ledger({"b": OTHER, "a": USE}, {"y": replace(WAIT, message_id="y"), "x": WAIT})
    noon = 1_795_348_800_000
    hour = 3_600_000
    use = [noon, "email", "marketing", "sale", "service"]
    wait = [use, 70, noon - hour, noon + hour, noon + 9 * hour]
    expected = {
        "used": {"a": use, "b": [noon - hour, "sms", "service", "", ""]},
        "waiting": {"x": wait, "y": wait},
    }
    assert noon == NOON.timestamp() * 1_000
    assert ledger.to_text() == json.dumps(expected, separators=(",", ":"))
    assert Ledger({"a": replace(USE, topic="促销")}).to_text() == (
        f'{{"used":{{"a":[{noon},"email","marketing","促销","service"]}},"waiting":{{}}}}'
    )
    assert ledger_of('{"used":{},"waiting":{}}') == NOTHING == Ledger({}, {})


def test_instants_are_kept_to_the_millisecond_wherever_they_were_told():
    told = datetime(2026, 11, 22, 20, 0, 0, 1_999, tzinfo=timezone(8 * HOUR))
    [kept] = ledger_of(Ledger({"a": replace(USE, at=told)}).to_text()).used.values()
    assert kept == replace(USE, at=NOON + MILLISECOND)


def test_a_message_either_counts_or_waits():
    assert BOTH.took("w", OTHER) == Ledger(
        {"u": USE, "v": OTHER, "w": OTHER}, {"x": BOTH.waiting["x"]}
    )
    assert BOTH.took("u", OTHER) == Ledger({"u": OTHER, "v": OTHER}, BOTH.waiting)
    again = replace(WAIT, message_id="u")
    assert BOTH.waits(again) == Ledger({"v": OTHER}, {**BOTH.waiting, "u": again})
    sooner = replace(WAIT, until=NOON)
    assert BOTH.waits(sooner) == Ledger(BOTH.used, {**BOTH.waiting, "w": sooner})
    assert BOTH.without("u") == Ledger({"v": OTHER}, BOTH.waiting)
    assert BOTH.without("x") == Ledger(BOTH.used, {"w": WAIT})
    assert BOTH.without("nobody") == BOTH


def test_a_message_is_held_that_counts_or_waits():
    assert [name for name in "tuvwxyz" if BOTH.holds(name)] == ["u", "v", "w", "x"]


def test_what_no_limit_counts_and_who_does_not_come_is_let_go():
    late = replace(WAIT, message_id="x", until=NOON - 2 * HOUR)
    ledger = Ledger(BOTH.used, {"w": WAIT, "x": late})
    assert ledger.kept(NOON, lambda use: use == OTHER) == Ledger({"v": OTHER}, {"w": WAIT})
    assert ledger.kept(NOON, lambda _: True) == Ledger(BOTH.used, {"w": WAIT})


def test_of_two_strands_each_keeps_its_own():
    other = Ledger(
        {"u": OTHER, "z": OTHER}, {"w": replace(WAIT, priority=1), "y": replace(WAIT, priority=2)}
    )
    assert BOTH.joined(other) == Ledger(
        {"u": USE, "v": OTHER, "z": OTHER}, {**BOTH.waiting, "y": replace(WAIT, priority=2)}
    )


@pytest.mark.parametrize(
    ("until", "expires", "end"),
    [
        (NOON, NOON + 9 * HOUR, NOON + HOUR),  # an hour of grace
        (NOON, NOON + HOUR / 2, NOON + HOUR / 2),
        (NOON, NOON + HOUR, NOON + HOUR),
    ],
)
def test_who_waits_is_expected_for_an_hour_more_unless_it_expires(
    until: datetime, expires: datetime, end: datetime
):
    wait = replace(WAIT, until=until, expires_at=expires)
    assert wait.is_coming(end - MILLISECOND)
    assert not wait.is_coming(end)


def test_priority_goes_before_age_and_age_before_the_name():
    order = [
        replace(WAIT, priority=80, requested_at=NOON),
        replace(WAIT, priority=70, requested_at=NOON - HOUR, message_id="z"),
        replace(WAIT, priority=70, requested_at=NOON, message_id="a"),
        replace(WAIT, priority=70, requested_at=NOON, message_id="b"),
    ]
    assert WAIT.precedence == (-70, NOON - HOUR, "w")
    for several in permutations(order):
        assert sorted(several, key=lambda one: one.precedence) == order
