"""Broadcasts change by what they are expected to be, whoever else writes to their row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.schedule_store import ScheduleStore
from shared.domain.broadcasts.model import Broadcast, Part, Sample, Tried, Verdict, Wave
from shared.errors import NotFoundError
from tests.conftest import CATALOG_TABLE, NOON

WS = "default"
SAMPLE = Sample(0.1, timedelta(hours=4), "which", 10)
WAVES = (Wave("sample", "Asia/Shanghai", NOON, 700), Wave("rest", "Asia/Shanghai", None, 6_300))
VERDICT = Verdict("b", "won", (Tried("a", True, 300, 3), Tried("b", False, 310, 9)), NOON)


def broadcast(broadcast_id="b1", **more):
    return Broadcast(
        **{
            "broadcast_id": broadcast_id,
            "journey_id": "news",
            "condition": '{"type":"segment","segment_id":"buyers"}',
            "asked_at": NOON,
            "starts_at": NOON + timedelta(hours=1),
            **more,
        }
    )


@pytest.fixture
def store(dynamodb):
    return BroadcastStore(dynamodb, CATALOG_TABLE)


@pytest.fixture
def parts(dynamodb):
    return BroadcastParts(dynamodb, CATALOG_TABLE)


def test_everything_about_a_broadcast_comes_back_as_it_was(store):
    whole = broadcast(
        segment_id="buyers",
        local_time="20:00",
        rate=500,
        sample=SAMPLE,
        state="paused",
        reason="why",
        run=3,
        looks=7,
        folder="f",
        minute="2026-11-22T12:00",
        in_minute=9,
        gathered_at=NOON,
        waves=WAVES,
        verdict=VERDICT,
        finished_at=NOON,
    )
    assert store.add(WS, whole) == whole
    assert store.load(WS, "b1") == whole
    plain = broadcast("b2")
    store.add(WS, plain)
    assert store.load(WS, "b2") == plain


def test_an_id_is_one_broadcast_and_the_first_stays(store):
    store.add(WS, broadcast())
    assert store.add(WS, broadcast(rate=5)) == broadcast()
    with pytest.raises(NotFoundError):
        store.load(WS, "b2")


def test_the_last_one_asked_for_comes_first(store):
    for place, name in enumerate(("b1", "b2", "b3")):
        store.add(WS, broadcast(name, asked_at=NOON - place * timedelta(hours=1)))
    assert [one.broadcast_id for one in store.all(WS)] == ["b1", "b2", "b3"]
    assert store.all("other") == []


def test_the_latest_execution_takes_over_and_earlier_ones_hear_of_it(store):
    store.add(WS, broadcast())
    assert [store.look(WS, "b1", 1).looks for _ in range(3)] == [1, 2, 3]
    assert (store.look(WS, "b1", 2).run, store.look(WS, "b1", 2).looks) == (2, 2)
    assert store.look(WS, "b1", 1) is None
    store.stop(WS, "b1", "paused")
    assert store.look(WS, "b1", 2) is None
    assert store.look(WS, "b1", 3) is None


def test_who_is_in_it_and_what_the_rest_gets_is_written_down_once(store):
    store.add(WS, broadcast(sample=SAMPLE))
    assert store.gathered(WS, "b1", "f1", NOON, WAVES).waves == WAVES
    assert store.gathered(WS, "b1", "f2", NOON, ()) is None
    assert store.decided(WS, "b1", VERDICT, WAVES[:1]).verdict == VERDICT
    assert store.decided(WS, "b1", replace_winner(VERDICT, "a"), WAVES) is None
    known = store.load(WS, "b1")
    assert (known.folder, known.waves, known.verdict) == ("f1", WAVES[:1], VERDICT)


def replace_winner(verdict, winner):
    return verdict._replace(winner=winner)


def test_no_minute_takes_more_people_than_the_rate(store):
    store.add(WS, broadcast(rate=10))
    taken = [store.take(WS, "b1", 1, people, "12:00", 10) for people in (4, 4, 4, 2, 1)]
    assert taken == [True, True, False, True, False]
    assert store.take(WS, "b1", 1, 10, "12:01", 10)
    assert not store.take(WS, "b1", 1, 1, "12:00", 10), "that minute is over"
    assert not store.take(WS, "b1", 1, 11, "12:02", 10)
    assert not store.take(WS, "b1", 2, 1, "12:02", 10), "another execution's"
    store.stop(WS, "b1", "paused")
    assert not store.take(WS, "b1", 1, 1, "12:02", 10)


def test_without_a_rate_people_are_taken_for_as_long_as_it_runs(store):
    store.add(WS, broadcast())
    assert store.take(WS, "b1", 1, 10_000, "12:00", 0)
    assert not store.take(WS, "b1", 2, 1, "12:00", 0)
    store.stop(WS, "b1", "cancelled")
    assert not store.take(WS, "b1", 1, 1, "12:00", 0)


def test_what_is_over_stays_over(store):
    store.add(WS, broadcast())
    assert store.stop(WS, "b1", "paused", "why", run=2) is None
    assert store.stop(WS, "b1", "paused", "why", run=1).reason == "why"
    assert store.stop(WS, "b1", "paused") is None
    assert store.resume(WS, "b1", 2, ()) is None
    after = store.resume(WS, "b1", 1, ())
    assert (after.state, after.reason, after.run) == ("running", "", 2)
    assert store.finish(WS, "b1", 1, NOON) is None
    assert store.finish(WS, "b1", 2, NOON).finished_at == NOON
    assert store.stop(WS, "b1", "cancelled") is None
    assert store.load(WS, "b1").state == "done"


def test_what_is_paused_can_be_cancelled(store):
    store.add(WS, broadcast())
    store.stop(WS, "b1", "paused")
    assert store.stop(WS, "b1", "cancelled").state == "cancelled"


def test_a_batch_moves_only_from_where_it_was_found(parts):
    one, place, first = broadcast(), (2, 41), Part(0, 25, NOON)
    assert parts.load(WS, "b1", *place) == Part()
    assert parts.move(WS, one, place, Part(), first)
    assert not parts.move(WS, one, place, Part(), first), "somebody was faster"
    done = first._replace(done=25, left=1)
    assert parts.move(WS, one, place, first, done)
    assert not parts.move(WS, one, place, first, done)
    assert parts.load(WS, "b1", *place) == done
    assert parts.all(WS, "b1") == {place: done}
    assert parts.all(WS, "b2") == {}


def test_a_broadcast_is_forgotten_with_its_batches_when_it_is_long_over(store, parts, dynamodb):
    one = broadcast()
    store.add(WS, one)
    parts.move(WS, one, (0, 0), Part(), Part(0, 1, NOON))
    rows = dynamodb.scan(TableName=CATALOG_TABLE)["Items"]
    expected = int((one.starts_at + timedelta(days=425)).timestamp())
    assert {int(row["expires_at"]["N"]) for row in rows} == {expected}
    assert replace(one, starts_at=NOON).expires_at < one.expires_at


def test_looks_at_schedules_are_remembered_by_journey_and_version(dynamodb):
    schedules = ScheduleStore(dynamodb, CATALOG_TABLE)
    assert schedules.looked(WS) == {}
    schedules.look_until(WS, "weekly", 3, NOON)
    schedules.look_until(WS, "daily", 1, NOON)
    schedules.look_until(WS, "weekly", 4, NOON + timedelta(minutes=1))
    assert schedules.looked(WS) == {
        "weekly": (4, NOON + timedelta(minutes=1)),
        "daily": (1, NOON),
    }
