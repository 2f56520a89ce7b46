"""Who may enter: the entry matches and is recent, nobody is in twice, the policy allows it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.journeys.clock import wall_rest, wall_wake
from shared.domain.journeys.definition import Reentry
from shared.domain.journeys.entry import AGREED, Run, concerned, enters, key_of, may_enter, survivor
from shared.domain.journeys.ids import enrolment_id, slot_of
from tests.domain.journeys.memory import NOON, happened, journey

DAY = timedelta(days=1)
STEP = {"type": "wait", "name": "a day", "duration": "P1D"}


def test_an_old_event_starts_nothing_however_late_it_is_looked_at():
    definition = journey(STEP)
    assert enters(definition, happened("cart", NOON, arrived_at=NOON + DAY))
    assert not enters(definition, happened("cart", NOON, arrived_at=NOON + 1.01 * DAY))


def test_an_entry_looks_at_properties_and_at_nothing_else():
    definition = journey(STEP, entry={"type": "event", "event": "cart", "where": {"size": 2}})
    assert enters(definition, happened("cart", properties={"size": 2, "colour": "red"}))
    assert not enters(definition, happened("cart"))
    assert not enters(definition, happened("paid", properties={"size": 2}))


def test_a_segment_move_is_not_an_event_of_the_same_name():
    definition = journey(STEP, entry={"type": "segment", "segment_id": "buyers"})
    trigger = "segment:entered:buyers"
    assert enters(definition, happened(trigger, about="segment", arrived_at=None))
    assert not enters(definition, happened(trigger))
    assert not enters(definition, happened("segment:exited:buyers", about="segment"))


@pytest.mark.parametrize(
    ("policy", "after", "days", "may"),
    [
        ("never", None, 300, False),
        ("always", None, 1, True),
        ("always", None, 0, False),  # the same entry, told again
        ("after", "P7D", 6, False),
        ("after", "P7D", 7, True),
        ("after", "P7D", -1, False),
    ],
)
def test_reentry_counts_from_the_last_entry(policy: str, after: str | None, days: int, may: bool):
    reentry = Reentry.model_validate({"policy": policy, "after": after})
    at = NOON + days * DAY
    latest, earlier = Run("e", NOON, active=False), Run("d", NOON - 100 * DAY, active=False)
    assert may_enter(reentry, [latest], at) is may
    assert may_enter(reentry, [earlier, latest], at) is may, "the latest at any desk"
    inside = replace(earlier, active=True)
    assert not may_enter(reentry, [latest, inside], at), "in it once at a time, wherever"
    assert may_enter(reentry, [], at)


def test_of_several_runs_the_one_that_was_entered_first_stays():
    runs = {
        "ada": Run("e2", NOON, active=True),
        "ada's phone": Run("e1", NOON, active=True),
        "ada's tablet": Run("e0", NOON - DAY, active=False),
        "ada's watch": Run("e3", NOON + DAY, active=True),
    }
    assert survivor(runs) == "ada's phone"
    assert survivor(dict(reversed(runs.items()))) == "ada's phone"
    assert survivor({"ada's tablet": runs["ada's tablet"]}) is None


def test_a_merge_has_to_do_with_who_is_inside_and_what_may_have_ended_by_it():
    runs = {
        "ada": Run("e1", NOON - DAY, active=False, decided_at=NOON - 2 * AGREED),
        "ada's phone": Run("e2", NOON - DAY, active=False, decided_at=NOON - AGREED),
        "ada's tablet": Run("e3", NOON - DAY, active=True, decided_at=NOON - DAY),
        "ada's watch": Run("e4", NOON - DAY, active=False),
    }
    assert concerned(runs, NOON).keys() == {"ada's phone", "ada's tablet", "ada's watch"}


def test_a_rehearsal_divides_the_way_to_the_next_instant_and_nothing_else():
    now = NOON + timedelta(hours=5)
    assert wall_wake(NOON + DAY, NOON, now, 1) == NOON + DAY
    assert wall_wake(NOON + DAY, NOON, now, 28_800) == now + timedelta(seconds=3)
    assert wall_rest(NOON, NOON + DAY, NOON, 1) == 86_400
    assert wall_rest(NOON, NOON + DAY, now, 28_800) == 3
    assert wall_rest(NOON, NOON + DAY, now, 28_799) == 4
    assert wall_rest(NOON, NOON + timedelta(seconds=1), now, 1_000_000) == 1


def test_whoever_comes_late_to_a_wait_has_less_of_it_left():
    def rest(late: timedelta, stay: timedelta = DAY) -> int:
        return wall_rest(NOON, NOON + stay, NOON + late, 1)

    assert rest(timedelta(0)) == 86_400
    assert rest(timedelta(hours=20)) == 4 * 3_600
    assert rest(timedelta(hours=20, milliseconds=-1)) == 4 * 3_600 + 1, "rounded up, never early"
    assert rest(2 * DAY) == 60, "what is over by now has the time to be begun"
    assert rest(2 * DAY, timedelta(seconds=5)) == 5, "and no more of it than there is"
    assert rest(timedelta(hours=-3)) == 27 * 3_600, "a clock that runs ahead is waited for"


def test_enrolments_are_told_apart_by_a_property_as_json_has_it():
    definition = journey(STEP, reentry={"policy": "always", "key": "cart_id"})
    values = [1, "1", 1.5, True, "true", None, ""]
    keys = [key_of(definition, {"cart_id": one}) for one in values]
    assert keys == ["1", '"1"', "1.5", "true", '"true"', "", '""']
    assert key_of(definition, {}) == ""
    assert key_of(journey(STEP), {"cart_id": 1}) == ""
    ids = {enrolment_id("w", "j", "p", "f", key) for key in keys}
    assert len({slot_of(one) for one in ids}) == len(set(keys))
    assert enrolment_id("w", "j", "p", "f") == enrolment_id("w", "j", "p", "f", "")
