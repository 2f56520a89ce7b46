"""Everybody is asked exactly once, and no minute brings more people than the rate allows."""

from collections import Counter
from datetime import timedelta

import pytest

from functions.run_broadcasts.onward import RESTORING_PAUSE
from shared.domain.instants import format_instant
from shared.errors import TransientError
from tests.conftest import NOON
from tests.crash.faults import KilledError, Line
from tests.functions.run_broadcasts.conftest import PEOPLE
from tests.functions.run_broadcasts.world import WS

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ONCE = Counter(PEOPLE)
RATE = 3
FEW = PEOPLE[:5]  # two batches, the first of them asked in two goes


def again(task):
    """As the machine does: a task that died or failed is tried again."""
    for _ in range(6):
        try:
            return task()
        except (KilledError, TransientError):
            continue
    raise AssertionError("still failing")


def check(world, *, rate=0, people=ONCE):
    assert world.asked() == people
    if rate:
        assert max(world.minutes().values()) <= rate, world.minutes()


def test_everybody_is_asked_once_by_an_event_that_names_the_broadcast(world):
    world.begin()
    done = world.play()

    check(world)
    assert (done.state, done.people) == ("done", len(PEOPLE))
    assert done.finished_at
    for profile_id, call in world.calls():
        assert call["message_id"] == f"broadcast-b1-{profile_id}"
        assert call["properties"] == {"journey_id": "news", "broadcast_id": "b1"}
    assert world.lists.asked == [done.gathered_at]


def test_the_rate_holds_in_every_minute_and_is_used_up(world):
    world.begin(rate=RATE)
    world.play()

    check(world, rate=RATE)
    assert len(world.minutes()) == -(-len(PEOPLE) // RATE)


def test_nobody_is_asked_before_it_starts_and_who_is_in_it_is_found_out_then(world):
    starts_at = NOON + timedelta(hours=5)
    world.begin(starts_at=starts_at)
    world.play()

    assert all(call["occurred_at"] >= "2026-11-22T17:00" for _, call in world.calls())
    assert world.lists.asked[0] >= starts_at


@pytest.mark.parametrize(
    ("fault", "rate"), [("before", RATE), ("after", 0), ("throttled", 0), ("lost", RATE)]
)
def test_a_crash_at_any_call_leaves_everybody_asked_once(
    make_world, empty_tables, record_property, fault, rate
):
    make_world(FEW).begin(rate=rate)
    counted = Line()
    make_world(FEW, around=counted.around).play()
    assert len(counted.calls) > 25
    for number in range(1, len(counted.calls) + 1):
        empty_tables()
        line = Line(faults={number: fault})
        world = make_world(FEW, around=line.around)
        make_world(FEW).begin(rate=rate)
        world.play(retry=again)
        check(world, rate=rate, people=Counter(FEW))
        assert make_world().store.load(WS, "b1").state == "done"
    record_property("crash points", len(counted.calls))


@pytest.mark.parametrize("rate", [0, RATE])
def test_wherever_a_pause_falls_and_somebody_resumes_everybody_is_asked_once(
    make_world, empty_tables, record_property, rate
):
    """The next execution goes on to its end while a worker of the old one stands at any call."""
    make_world(FEW).begin(rate=rate)
    counted = Line()
    make_world(FEW, around=counted.around).play()
    for number in range(1, len(counted.calls) + 1):
        empty_tables()
        plain = make_world(FEW)
        plain.begin(rate=rate)

        def meanwhile(call, plain=plain, number=number):
            if call == number and plain.store.load(WS, "b1").state == "running":
                plain.desk.pause(WS, "b1")
                plain.desk.resume(WS, "b1")
                plain.play(run=2)

        line = Line(hook=meanwhile)
        old = make_world(FEW, around=line.around, clock=plain.clock)
        old.play(retry=again)
        check(plain, rate=rate, people=Counter(FEW))
        assert plain.store.load(WS, "b1").state == "done"
    record_property("places to pause at", len(counted.calls))


def test_a_pause_stops_within_a_batch_and_the_next_person_is_the_first_one_then(make_world):
    plain = make_world()
    plain.begin()
    answers = [plain.next(), plain.gather(), plain.next()]
    first = plain.slices(answers[2])[0]

    def pause(call, seen=[]):  # noqa: B006 (one test)
        if line.calls[-1] == "put_item" and len(plain.calls()) >= 2 and not seen:
            seen.append(plain.desk.pause(WS, "b1"))

    line = Line(hook=pause)
    asked = make_world(around=line.around, clock=plain.clock).ask(first)

    people = plain.files.batch(plain.store.load(WS, "b1").folder, 0, 0)
    assert 0 < asked < len(people)
    assert plain.asked() == Counter(people[:asked])
    part = plain.parts.load(WS, "b1", 0, 0)
    assert (part.done, part.doing) == (asked, asked)
    assert plain.next()["do"] == "stop"

    plain.desk.resume(WS, "b1")
    plain.play(run=2)
    check(plain)


def test_what_is_cancelled_asks_nobody_any_more(world):
    world.begin(rate=RATE)
    while not world.calls():
        world.machine_step()
    before = world.asked()
    world.desk.cancel(WS, "b1")
    assert world.play().state == "cancelled"
    assert world.asked() == before


def test_who_is_gone_is_passed_over_and_counted(world, dynamodb):
    dynamodb.delete_item(
        TableName="profiles", Key={"pk": {"S": f"{WS}#P#{PEOPLE[3]}"}, "sk": {"S": "PROFILE"}}
    )
    world.begin()
    world.play()
    check(world, people=ONCE - Counter([PEOPLE[3]]))
    assert sum(part.left for part in world.parts.all(WS, "b1").values()) == 1


def test_a_journey_that_is_paused_pauses_the_broadcast_with_the_reason(world):
    world.begin()
    world.catalog.status = "paused"
    paused = world.play()
    assert (paused.state, paused.reason) == ("paused", "the journey is paused")
    assert not world.asked()

    world.catalog.status = "published"
    world.desk.resume(WS, "b1")
    world.play(run=2)
    check(world)


def test_nobody_is_asked_while_people_are_being_restored_and_it_goes_on_by_itself(make_world):
    plain = make_world()
    plain.begin()
    plain.catalog.restoring = True
    told = plain.next()
    assert (told["do"], told["at"]) == ("wait", format_instant(plain.clock.at + RESTORING_PAUSE))
    assert not plain.lists.asked, "who is in it is found out from people who are there again"

    plain.catalog.restoring = False
    answers = [plain.next(), plain.gather(), plain.next()]
    (first, *_) = plain.slices(answers[2])

    def restore(call):
        plain.catalog.restoring |= bool(plain.calls())

    line = Line(hook=restore)
    asking = make_world(around=line.around, clock=plain.clock, catalog=plain.catalog)
    people = plain.files.batch(plain.store.load(WS, "b1").folder, 0, 0)
    assert 0 < asking.ask(first) < len(people), "it stops within a batch"
    assert plain.next()["do"] == "wait"
    before = plain.asked()
    assert plain.ask(first) == 0
    assert plain.asked() == before

    plain.catalog.restoring = False
    plain.play()
    check(plain)


def test_an_execution_that_looked_often_hands_over_to_the_next(world, monkeypatch):
    monkeypatch.setattr("functions.run_broadcasts.onward.MOST_LOOKS", 5)
    world.begin(rate=1)
    run = 1
    while world.play(run=run).state != "done":
        assert world.machine.runs[-1] == ("b1", run + 1)
        run += 1
    assert run > 2
    check(world, rate=1)
