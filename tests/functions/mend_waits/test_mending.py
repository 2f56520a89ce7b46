"""What a loss has left standing goes on once, nothing is sent twice, health is left alone."""

from datetime import timedelta

import pytest

from functions.mend_waits.mending import Mender
from functions.mend_waits.usecase import MendWaits
from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.message_rows import asked
from shared.domain.due.timing import WOKEN, shard_of
from shared.domain.instants import format_instant
from shared.domain.journeys.wakes import wake_named
from shared.domain.recovery.damage import LATE
from tests.conftest import NOON, PROFILES_TABLE
from tests.crash.deliveries import deliver_once
from tests.crash.faults import Line
from tests.functions.advance_journeys import world as journeys
from tests.functions.advance_journeys.world import WATCHED, later
from tests.functions.dispatch_message.world import World as Dispatching
from tests.functions.mend_waits.asked import Mending, Walked

BY_DUE_INDEX = WATCHED.model_copy(update={"clock": "due_index"})
OVERDUE = LATE + timedelta(minutes=1)


@pytest.fixture
def world():
    made = journeys.World(Walked())
    made.publish(BY_DUE_INDEX, machine="")
    return made


def mending(world):
    return Mending(world.dynamodb, lambda: world.now)


def unjudged(world, name, **profile):
    """Somebody who should have been looked at at noon."""
    for row in ({"sk": "STATE", "due_at": NOON, "events": 1}, {"sk": "PROFILE", **profile}):
        item = to_item({"pk": keys.person("default", name), **row})
        world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=item)


def lose_wakes(world):
    for row in world.rows():
        if row["pk"].startswith(keys.due_shard("default", WOKEN, 0)[:-2]):
            key = to_item({"pk": row["pk"], "sk": row["sk"]})
            world.dynamodb.delete_item(TableName=PROFILES_TABLE, Key=key)


# --- waits ------------------------------------------------------------------------------------


def test_who_waits_in_health_is_left_alone(world, make_event):
    world.happens(make_event("cart"))
    assert mending(world).run() == {}
    world.now = later(days=1)  # a sweep has been just now, or is about to be
    assert mending(world).run() == {}


def test_a_wait_whose_wake_was_lost_is_woken_once(world, make_event):
    cart = make_event("cart")
    world.happens(cart)
    lose_wakes(world)
    world.now = later(days=1) + OVERDUE
    mender = mending(world)
    assert mender.run() == {"WaitsWithoutWake": 1}
    (batch,) = mender.wakes.batches
    before = len(world.enrolment(cart).trace)
    for _ in range(2):  # the queue may bring it twice
        for name in batch.names:
            world.parts()[0].wake(wake_named("default", name), world.now)
    trace = world.enrolment(cart).trace
    assert len(trace) > before
    waits = [(entry.step, entry.visit, entry.decision) for entry in trace]
    assert len(waits) == len(set(waits))
    assert max(world.queued.values()) == 1
    assert mending(world).run() == {}


def test_a_wake_of_a_wait_that_is_over_is_taken_out_and_no_other(world, make_event):
    cart = make_event("cart")
    world.happens(cart)
    (name,) = world.wakes()
    wake = wake_named("default", name)
    stale = f"{wake.ref.profile_id}#{wake.ref.enrolment_id}#0"
    about_to_begin = f"{wake.ref.profile_id}#{wake.ref.enrolment_id}#99"
    of_nobody = "zoe#nobody#1"
    for each in (stale, about_to_begin, of_nobody):
        row = keys.due("default", WOKEN, later(days=3), each)._asdict()
        world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
    assert mending(world).run() == {"WakesWithoutWait": 1}
    assert world.wakes().keys() == {name, about_to_begin, of_nobody}
    assert mending(world).run() == {}


def test_somebody_moved_meanwhile_comes_to_nothing_by_the_late_wake(world, make_event):
    cart = make_event("cart")
    world.happens(cart)
    lose_wakes(world)
    world.now = later(days=1) + OVERDUE
    mender = mending(world)
    mender.run()
    world.happens(make_event("paid", at=later(hours=2), properties={"ok": True}))
    after = world.enrolment(cart).trace
    for name in mender.wakes.batches[0].names:
        world.parts()[0].wake(wake_named("default", name), world.now)
    assert world.enrolment(cart).trace == after


def test_a_person_whom_nobody_judged_is_sent_for(world):
    unjudged(world, "ada")
    assert mending(world).run() == {}
    world.now = NOON + OVERDUE
    mender = mending(world)
    assert mender.run() == {"PeopleNotJudged": 1}
    assert mender.due.batches[0].names == ("ada",)


def test_who_was_merged_or_is_being_erased_is_not_sent_for_for_ever(world):
    """Their instants stay as they were: somebody else answers, or nobody does."""
    unjudged(world, "ada")
    unjudged(world, "bob", redirect="ada")
    unjudged(world, "cem", erasing="e1")
    world.now = NOON + OVERDUE
    mender = mending(world)
    assert mender.run() == {"PeopleNotJudged": 1}
    assert [batch.names for batch in mender.due.batches] == [("ada",)]


def test_somebody_of_a_newer_version_is_left_and_the_others_are_sent_for(world):
    unjudged(world, "ada")
    unjudged(world, "bob", v=99)
    unjudged(world, "cem")
    world.now = NOON + OVERDUE
    mender = mending(world)
    assert mender.run() == {"PeopleNotJudged": 2, "Unreadable": 1}
    assert sorted(name for batch in mender.due.batches for name in batch.names) == ["ada", "cem"]


def stale_wakes(world, make_event):
    """Many wakes of a wait that is over; gives that of the one in which somebody stands."""
    world.happens(make_event("cart"))
    (name,) = world.wakes()
    ref = wake_named("default", name).ref
    stale = f"{ref.profile_id}#{ref.enrolment_id}#0"
    for hour in range(250):
        row = keys.due("default", WOKEN, later(days=3, hours=hour), stale)._asdict()
        world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
    return name, shard_of(stale)


def test_taking_out_wakes_ends_when_the_time_is_up(world, make_event):
    name, shard = stale_wakes(world, make_event)
    left = iter([False, True])  # enough for two hundred
    ports = mending(world).ports()
    mender = Mender(ports)
    MendWaits(ports, mender).clear("default", shard, lambda: next(left))
    found = mender.found["WakesWithoutWait"]
    assert found in (199, 200)  # the one of the wait may be among them
    assert name in world.wakes()
    assert mending(world).run()["WakesWithoutWait"] + found == 250


@pytest.mark.parametrize("only_looks", [True, False])
def test_an_operator_counts_each_wake_once_however_short_the_time_is(world, make_event, only_looks):
    name, _ = stale_wakes(world, make_event)

    def short():
        left = iter([False])
        return lambda: next(left, True)

    found, _ = mending(world).reconcile(only_looks=only_looks, time=short)
    assert found == {"WakesWithoutWait": 250}
    assert name in world.wakes()


def test_the_walk_goes_on_where_it_stopped(world):
    for number in range(20):
        unjudged(world, f"p{number:02d}")
    world.now = NOON + OVERDUE
    mender = mending(world)
    first = MendWaits(mender.ports(), Mender(mender.ports()))
    up = iter([False, False, True])
    assert not first.run("default", lambda: next(up), pages=9)  # no time beyond three pages
    seen = sum(len(batch.names) for batch in mender.due.batches)
    assert 0 < seen < 20
    rest = MendWaits(mender.ports(), Mender(mender.ports()))
    while not rest.run("default", lambda: False, pages=2):
        pass
    names = [name for batch in mender.due.batches for name in batch.names]
    assert sorted(names) == [f"p{number:02d}" for number in range(20)]


# --- claims -----------------------------------------------------------------------------------


def dispatching():
    world = Dispatching(Walked())
    world.add_person("ada", first_name="ada", email="ada@example.com")
    return world, world.request("ada")


def calls_of_a_calm_run():
    world, request = dispatching()
    line = Line()
    deliver_once(world, [request], line)
    return line.calls


@pytest.mark.parametrize("fault", ["before", "after", "lost"])
def test_a_claim_of_which_nobody_told_ends_and_is_never_sent_again(fault):
    """The process dies at every call, and the queue has lost the message."""
    for number in range(1, len(calls_of_a_calm_run()) + 1):
        world, request = dispatching()
        deliver_once(world, [request], Line(faults={number: fault}))
        status = world.message(request).get("status")
        sent = len(world.mailbox.to("ada@example.com"))
        mender = Mending(world.dynamodb, world.clock)
        assert mender.run() == {}, "it may still be at work"
        world.clock.now += OVERDUE
        found = mender.run()
        assert found == ({"ClaimsWithoutOutcome": 1} if status == "claimed" else {})
        for _ in range(2):
            deliver_once(world, mender.messages.requests, Line())
        if found:
            assert world.message(request)["status"] == "unknown"
        assert len(world.mailbox.to("ada@example.com")) == sent, "never sent by being asked for"
        assert Mending(world.dynamodb, world.clock).run() == {}


def test_a_message_that_was_put_off_and_did_not_come_back_is_brought(world):
    row = {
        "pk": keys.person("default", "ada"),
        "sk": "MSG#m1",
        "status": "deferred",
        "until": format_instant(NOON),
    }
    _, request = dispatching()
    world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item({**asked(request), **row}))
    world.now = NOON + OVERDUE
    mender = mending(world)
    assert mender.run() == {"MessagesNotBack": 1}
    assert mender.messages.batches[0].names == ("ada#m1",)


# --- beside the live handlers -----------------------------------------------------------------


def late_wait(make_event):
    """Somebody whose wake is late and not lost: the sweep brings it just now."""
    world = journeys.World(Walked())
    world.publish(BY_DUE_INDEX, machine="")
    cart = make_event("cart")
    world.happens(cart)
    world.now = later(days=1) + OVERDUE
    return world, cart


def mend(world):
    """One whole walk, and whoever it asks, at once."""
    mender = mending(world)
    mender.run()
    for batch in mender.wakes.batches:
        for name in batch.names:
            world.parts()[0].wake(wake_named("default", name), world.now)


def test_mending_between_any_two_calls_of_a_wake_doubles_and_loses_nothing(make_event):
    calm, cart = late_wait(make_event)
    line = Line()
    calm.wake(line)
    wanted = [(e.step, e.visit, e.decision) for e in calm.enrolment(cart).trace]
    for number in range(1, len(line.calls) + 1):
        world, cart = late_wait(make_event)
        at_once = Line(hook=lambda n, here=number, world=world: mend(world) if n == here else None)
        world.wake(at_once)
        trace = [(e.step, e.visit, e.decision) for e in world.enrolment(cart).trace]
        assert trace == wanted, number
        assert len(world.queued) == len(calm.queued)
        assert mending(world).run() == {}
