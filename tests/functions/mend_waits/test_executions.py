"""Whoever stands still by Step Functions goes on by one execution; whoever is over has none."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.message_rows import asked
from shared.domain.due.timing import WOKEN
from shared.domain.instants import format_instant
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.restarting import Restarter
from shared.domain.recovery.damage import LATE, Bounds, damage_in
from shared.errors import ConflictError
from tests.conftest import NOON, PROFILES_TABLE
from tests.crash.faults import KilledError, Line
from tests.functions.advance_journeys import world as journeys
from tests.functions.advance_journeys.world import WATCHED, later, ref_of
from tests.functions.dispatch_message.world import World as Requests
from tests.functions.mend_waits.asked import Mending, Walked

OVERDUE = LATE + timedelta(minutes=1)
MOVED = "arn:aws:states:us-east-1:123456789012:stateMachine:rapport-default-watched-MOVED:4"


@pytest.fixture
def world():
    made = journeys.World(Walked())
    made.publish()
    return made


def mending(world, line=None):
    """mend_waits over the world; `line` stands before the tables and Step Functions."""
    line = line or Line()
    progress, machines, _, outbox = world.parts(line)
    restarter = Restarter(progress, machines, outbox, lambda journey, version: MOVED)
    return Mending(line.around(world.dynamodb), lambda: world.now, restarter)


def standing(make_event, world):
    """Somebody who waits for an event, by an execution that runs."""
    cart = make_event("cart")
    world.happens(cart)
    world.run(cart, "hello", "perform")
    world.run(cart, "watch", "listen", "t")
    return cart


def name_of(cart):
    return ref_of(cart).enrolment_id


def test_who_waits_in_health_is_left_alone(world, make_event):
    standing(make_event, world)
    for now in (NOON, NOON + OVERDUE, later(days=1) + LATE):
        world.now = now
        assert mending(world).run() == {}


@pytest.mark.parametrize("end", ["failed", "stopped", "never started"])
def test_an_execution_that_has_gone_is_started_anew_where_its_enrolment_stands(
    world, make_event, end
):
    cart = standing(make_event, world)
    if end == "never started":
        del world.machines.started[name_of(cart)]
    else:
        getattr(world.machines, end).add(name_of(cart))
    trace = world.enrolment(cart).trace
    world.now = later(days=1) + OVERDUE
    assert mending(world).run() == {"ExecutionsGone": 1}
    assert mending(world).run() == {}, "it has just been started"
    assert world.machines.running() == {f"{name_of(cart)}-4-1"}
    arn, said = world.machines.started[f"{name_of(cart)}-4-1"]
    assert arn == MOVED
    assert said["enrolment"] == ref_of(cart)._asdict()
    assert said["answer"]["ways"] == {"resume": "watch: waits"}
    assert world.enrolment(cart).trace == trace, "nothing is decided by starting"
    world.run(cart, "watch", "listen", "t2")
    world.run(cart, "watch", "time_out")
    assert world.enrolment(cart).trace[-1].decision == "timed_out"


def test_a_message_that_the_dead_execution_had_not_handed_over_is_handed_over(world, make_event):
    cart = make_event("cart")
    world.happens(cart)
    world.run(cart, "hello", "perform")
    (message,) = world.queued
    world.queued.clear()
    world.machines.failed.add(name_of(cart))
    world.now = NOON + OVERDUE
    assert mending(world).run() == {"ExecutionsGone": 1}
    assert world.queued.keys() == {message}


def test_who_fails_again_is_started_less_and_less_often(world, make_event):
    cart = make_event("cart")
    world.happens(cart)
    starts = []
    for _ in range(24 * 7):
        world.machines.failed |= world.machines.started.keys()
        if mending(world).run():
            starts.append(world.now)
        world.now += timedelta(hours=1)
    between = [after - before for before, after in pairwise(starts)]
    assert between == sorted(between)
    assert between[-1] <= timedelta(days=1, hours=1)
    assert 5 <= len(starts) <= 12


def test_an_execution_that_runs_is_counted_and_left_to_itself(world, make_event):
    standing(make_event, world)
    world.now = later(days=1) + OVERDUE
    before = world.rows()
    assert mending(world).reconcile(only_looks=False) == (
        {"ExecutionsBehind": 1},
        {"ExecutionsBehind": 1},
    )
    assert world.rows() == before


def test_an_event_of_which_the_execution_was_not_told_is_told(world, make_event):
    cart = standing(make_event, world)
    world.happens(make_event("paid", at=later(hours=1), properties={"ok": True}))
    del world.machines.redeemed["t"]
    world.now = later(days=1, hours=1) + OVERDUE
    assert mending(world).run() == {"ExecutionsUntold": 1}
    assert world.machines.redeemed["t"]["next"] == "a day"
    assert world.machines.running() == {name_of(cart)}


def test_where_the_token_is_lost_another_execution_takes_over(world, make_event):
    cart = standing(make_event, world)
    world.happens(make_event("paid", at=later(hours=1), properties={"ok": True}))
    # `t` is redeemed, and the execution waits all the same: for a day it may only be late.
    world.now = later(days=1, hours=1) + OVERDUE
    assert mending(world).run() == {"ExecutionsBehind": 1}
    assert world.machines.running() == {name_of(cart)}
    world.now = later(days=2, hours=1) + OVERDUE
    assert mending(world).run() == {"ExecutionsUntold": 1}
    assert world.machines.running() == {f"{name_of(cart)}-4-1"}


def test_the_execution_of_who_was_ended_from_outside_is_stopped(world, make_event):
    cart = standing(make_event, world)
    world.now = later(hours=1)
    world.happens(make_event("left", at=world.now))
    assert world.machines.stopped == {name_of(cart)}
    world.now = later(hours=2)
    assert mending(world).run() == {}
    world.machines.stopped.clear()
    assert mending(world).run() == {"ExecutionsIdle": 1}
    assert world.machines.stopped == {name_of(cart)}
    world.now = later(hours=6)  # a walk later that is nobody's business any more
    world.machines.stopped.clear()
    assert mending(world).run() == {"ExecutionsIdle": 1}, "once more: the walks overlap"
    world.now = later(hours=12)
    world.machines.stopped.clear()
    assert mending(world).run() == {}
    assert mending(world).reconcile(only_looks=False)[0] == {"ExecutionsIdle": 1}


def test_who_starts_anew_and_is_ended_has_that_execution_stopped(world, make_event):
    cart = standing(make_event, world)
    world.machines.failed.add(name_of(cart))
    world.now = later(days=1) + OVERDUE
    mending(world).run()
    world.happens(make_event("left", at=world.now))
    assert not world.machines.running()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["before", "after", "throttled", "lost"])
def test_whatever_call_fails_the_next_walk_mends_it(fault, make_event):
    """There is one execution in the end, and it is the one that the enrolment knows of."""

    def damaged():
        world = journeys.World(Walked())
        world.publish()
        cart = standing(make_event, world)
        world.machines.failed.add(name_of(cart))
        world.now = later(days=1) + OVERDUE
        return world, cart

    world, _ = damaged()
    calm = Line()
    mending(world, calm).run()
    for number in range(1, len(calm.calls) + 1):
        world, cart = damaged()
        with suppress(KilledError, Exception):
            mending(world, Line(faults={number: fault})).run()
        for _ in range(3):
            world.now += timedelta(hours=2)
            mending(world).run()
        (running,) = world.machines.running()
        row = world.row(keys.enrolment(name_of(cart)))
        assert row["machine"].startswith(MOVED)
        assert running.startswith(f"{name_of(cart)}-4-")
        assert world.enrolment(cart).phase == "waiting"


def test_a_row_that_cannot_be_read_is_counted_and_keeps_nobody_else_up(world, make_event):
    cart = standing(make_event, world)
    world.machines.failed.add(name_of(cart))
    row = world.row(keys.enrolment(name_of(cart)))
    put(world, {**row, "pk": keys.person("default", "abe"), "body": b"?"})
    put(world, {**row, "pk": keys.person("default", "zoe"), "body": b"?"})
    world.now = later(days=1) + OVERDUE
    found, _ = mending(world).reconcile(only_looks=True)
    assert found == {"ExecutionsGone": 1, "Unreadable": 2}


def test_a_row_of_a_newer_version_is_left_and_the_walk_goes_on(world, make_event):
    """Between an upgrade and its end, or after one was taken back."""
    cart = standing(make_event, world)
    row = world.row(keys.enrolment(name_of(cart)))
    for person in ("abe", "zoe"):
        put(world, {**row, "pk": keys.person("default", person), "v": 99})
    wake = f"zoe#{name_of(cart)}#0"
    put(world, keys.due("default", WOKEN, later(days=3), wake)._asdict())
    put(world, {"pk": keys.person("default", "cem"), "sk": "STATE", "due_at": NOON, "events": 1})
    put(world, {"pk": keys.person("default", "cem"), "sk": "PROFILE"})
    world.now = later(days=1) + OVERDUE
    found, left = mending(world).reconcile(only_looks=False)
    assert left == {"ExecutionsBehind": 1, "Unreadable": 3}, "two rows, and a wake of one of them"
    assert found == {**left, "PeopleNotJudged": 1}
    assert mending(world).run() == found


class Refusing:
    """Step Functions that refuses to start anything for some people, whatever the reason."""

    def __init__(self, restarter, **errors):
        self.errors = errors
        self.restarter = restarter

    def __getattr__(self, name):
        return getattr(self.restarter, name)

    def restart(self, ref, version, decided_at):
        if ref.profile_id in self.errors:
            raise self.errors[ref.profile_id]
        return self.restarter.restart(ref, version, decided_at)


@pytest.mark.parametrize(
    "error", [journeys.refusal("ExecutionLimitExceeded"), ConflictError("it moves just now")]
)
def test_one_who_cannot_be_started_keeps_nobody_else_waiting(world, make_event, error):
    for person in ("ada", "bob"):
        world.happens(make_event("cart"), strand=person)
    world.machines.failed |= world.machines.started.keys()
    world.now = NOON + OVERDUE
    mender = mending(world)
    mender.restarter = Refusing(mender.restarter, ada=error)
    found, left = mender.reconcile(only_looks=False)
    assert found == {"ExecutionsGone": 1, "ExecutionsNotSeenTo": 1}
    assert left == {"ExecutionsNotSeenTo": 1}
    assert mender.told == [("ada", error)]
    assert mending(world).run() == {"ExecutionsGone": 1}, "the next walk tries again"


# --- an operator looks ------------------------------------------------------------------------


def broken(make_event):
    """Somebody by each clock who stands still, and somebody whom nobody judged."""
    world = journeys.World(Walked())
    by_due_index = WATCHED.model_copy(update={"clock": "due_index", "journey_id": "by-rows"})
    world.publish()
    world.publish(by_due_index, machine="")
    cart = standing(make_event, world)
    world.machines.failed.add(name_of(cart))
    put(world, {"pk": keys.person("default", "cem"), "sk": "STATE", "due_at": NOON, "events": 1})
    put(world, {"pk": keys.person("default", "cem"), "sk": "PROFILE"})
    stale = f"{ref_of(cart).profile_id}#{name_of(cart)}#0"
    put(world, keys.due("default", WOKEN, later(days=3), stale)._asdict())
    end_bob(make_event, world)
    world.machines.stopped.clear()  # and his execution goes on
    request = Requests(Walked()).request("ada")
    for name, state in MESSAGES.items():
        put(world, {**asked(request), "pk": keys.person("default", "ada"), "sk": name, **state})
    world.now = later(days=1) + OVERDUE
    return world


def end_bob(make_event, world):
    """He waits, and is ended from outside."""
    world.now = later(hours=20)  # by today his time-out has not come
    cart = make_event("cart", at=world.now)
    world.happens(cart, strand="bob")
    ref = Ref("default", "bob", enrolment_id("default", "watched", "bob", cart.message_id))
    run_step = world.functions()[1]
    run_step.run(ref, "hello", "perform", "")
    run_step.run(ref, "watch", "listen", "of bob")
    world.happens(make_event("left", at=world.now), strand="bob")


MESSAGES = {
    "MSG#m1": {"status": "deferred", "until": NOON},
    "MSG#m2": {"status": "claimed", "claimed_at": NOON},
    "MSG#m3": {"status": "unknown", "again_at": NOON},
    "MSG#m4": {"status": "sent", "claimed_at": NOON},
}


def put(world, row):
    world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))


WRONG = {
    "ExecutionsGone": 1,
    "ExecutionsIdle": 1,
    "WaitsWithoutWake": 1,
    "WakesWithoutWait": 1,
    "PeopleNotJudged": 1,
    "MessagesNotBack": 2,
    "ClaimsWithoutOutcome": 1,
}


def test_looking_changes_nothing_and_finds_what_mending_finds(make_event):
    world = broken(make_event)
    before, machines = world.rows(), dict(world.machines.started)
    mender = mending(world)
    found, left = mender.reconcile(only_looks=True)
    assert (world.rows(), world.machines.started) == (before, machines)
    assert mender.wakes.batches == mender.due.batches == mender.messages.batches == []
    assert found == left
    assert found == WRONG
    mended, left = mending(world).reconcile(only_looks=False)
    assert mended == found
    assert left == {}


@pytest.mark.parametrize("rows", [3, 1000])
@pytest.mark.parametrize("checks", [1, 2, 3, 5])
@pytest.mark.parametrize("only_looks", [True, False])
def test_an_operator_comes_to_the_end_however_short_the_time_is(
    make_event, checks, rows, only_looks
):
    """A call stops anywhere within a page; the next one goes on there and counts nothing again."""

    def short():
        left = iter([False] * checks)
        return lambda: next(left, True)

    world = broken(make_event)
    world.dynamodb.rows_of_a_page = rows
    found, left = mending(world).reconcile(only_looks=only_looks, time=short)
    assert found == WRONG
    assert left == (WRONG if only_looks else {})


def test_an_operators_walk_leaves_that_of_the_hours_where_it_is(make_event):
    world = broken(make_event)
    scan = mending(world).ports().scan
    before = scan.walk("default", NOON)
    mending(world).reconcile(only_looks=False)
    assert scan.walk("default", NOON) == before


def test_a_claim_is_somebodys_work_however_early_an_operator_looks():
    bounds = Bounds.at(NOON, timedelta(0))
    fresh = {"sk": "MSG#m", "status": "claimed", "claimed_at": format_instant(NOON - LATE)}
    assert damage_in("ada", fresh, bounds) is None
    deferred = {"sk": "MSG#m", "status": "deferred", "until": format_instant(NOON - LATE)}
    assert damage_in("ada", deferred, bounds) is not None
