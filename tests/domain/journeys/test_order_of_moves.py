"""Moves, restarts and wakes of many: what each asks for, in its order, and whom it leaves alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.going_on import owed
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import advance
from shared.domain.journeys.listeners import listeners
from shared.domain.journeys.mover import Mover
from shared.domain.journeys.moving import Choices, Moving, move
from shared.domain.journeys.ports import Change, Planned, Ref
from shared.domain.journeys.progress import TRIES
from shared.domain.journeys.stimulus import Perform, TimeUp
from shared.domain.journeys.triggers import new_standing_triggers
from shared.domain.journeys.wakes import Wake
from shared.domain.journeys.waking import Waking
from shared.errors import ConflictError, NotFoundError, TransientError
from tests.domain.journeys.ledgered import REF, Ledger, begun
from tests.domain.journeys.memory import NOON, Bench, World, at_once, happened, journey
from tests.domain.journeys.watching import (
    DAY,
    HOUR,
    INDEXED,
    LOAD,
    NEW,
    OLD,
    REST,
    SHORTER,
    TASK,
    THANK,
    WAITING,
    WATCH,
)


def moves(new: Journey, before: Enrolment, *, old: Journey = OLD, **stored: Any):
    """A mover over the row of somebody who stands there under the older version."""
    ledger = Ledger({1: old, 2: new}, now=NOON + 2 * HOUR)
    ledger.put(before, **{"task": TASK, **stored})
    return ledger, Mover(ledger.progress, ledger.machine_clock, ledger)


def moving(new: Journey, **chosen: Any) -> Moving:
    return Moving(7, 2, new, Choices(**chosen))


REST_OF = {
    "next": "watch",
    "ways": {"resume": "watch: waits"},
    "seen": 4,
    "wake_at": "2026-11-24T12:00:00.000Z",
    "rest": 46 * 3_600,
}


def kinds(lines: list[Any]) -> list[str]:
    return [line[0] for line in lines]


def test_a_move_is_stored_then_the_old_execution_stopped_and_another_started():
    ledger, mover = moves(NEW, WAITING)
    after = move(moving(NEW), OLD, WAITING, NOON + 2 * HOUR).enrolment
    assert mover.move(REF, moving(NEW), "m:2") == "moved"
    wanted = tuple(listeners(NEW, after).values())
    follows = [
        ("start", "m:2", REF, REST_OF),
        LOAD,
        ("release", REF, Listen("gone", exits=False), False),
        ("release", REF, Listen("paid", False, "watch", 1), False),
    ]
    change = Change(after, NOON + 2 * HOUR, wanted, machine="m:2")
    assert ledger.told() == [
        LOAD,
        ("commit", 5, change),
        ("stop", "m:1", REF, "moved to version 2"),
        *follows,
    ]
    assert mover.move(REF, moving(NEW), "m:9") == "moved"
    assert ledger.told() == [LOAD, *follows], "a move that comes again repeats what follows"


def test_by_the_due_index_a_move_is_planned_and_looks_back():
    ledger, mover = moves(INDEXED, WAITING)
    ledger.came = [happened("asked", NOON + HOUR, fact_id="a")]
    assert mover.move(REF, moving(INDEXED), "m:2") == "moved"
    told = ledger.told()
    first = Planned("shop", "ada#e1#3", NOON + 2 * DAY)
    assert told[:5] == [
        LOAD,
        ("keeping", None, first, NOON + 2 * HOUR),
        told[2],
        ("kept",),
        ("stop", "m:1", REF, "moved to version 2"),
    ]
    change = told[2][2]
    assert (change.machine, change.wake_at, change.task) == ("", NOON + 2 * DAY, None)
    assert told[5] == ("since", "ada", ("seen", "asked"), NOON)
    after = ("load", "keeping", "commit", "kept", "send", "release", "release")
    assert kinds(told[6:13]) == [*after]
    assert kinds(told[13:]) == ["release"] * 3
    assert {line[2].trigger for line in told[13:]} == {"left", "gone", "paid"}


STRICTER = [{"event": "left"}, {"event": "bought"}]


@pytest.mark.parametrize("clock", ["step_functions", "due_index"])
def test_what_only_the_newer_version_ends_by_is_looked_for_since_the_entry(clock: ClockName):
    new = journey(SHORTER, THANK, REST, exit_on=STRICTER, clock=clock)
    ledger, mover = moves(new, WAITING)
    ledger.came = [happened(what, NOON + HOUR, fact_id=what) for what in ("left", "bought")]
    assert mover.move(REF, moving(new), "m:2") == "moved"
    ended = ledger.rows[REF].enrolment
    assert (ended.status, ended.reason) == ("exited", "bought")
    told = ledger.told()
    assert [line for line in told if line[0] == "since"] == [("since", "ada", ("bought",), NOON)]
    assert not {"start", "send"} & set(kinds(told)), "nothing more is begun"
    assert mover.move(REF, moving(new), "m:2") == "moved"
    assert ledger.rows[REF].enrolment == ended
    assert "since" not in kinds(ledger.told())


@pytest.mark.parametrize("before", ["step_functions", "due_index"])
@pytest.mark.parametrize("after", ["step_functions", "due_index"])
def test_a_move_finds_what_a_merge_would_find(before: ClockName, after: ClockName):
    old = journey(REST, THANK, clock=before)
    new = journey(REST, THANK, clock=after, exit_on=[{"event": "paid"}])
    ends = []
    for finds in ("move", "merge"):
        world = World()
        bench = Bench(old, at_once(world), newer={2: new})
        cart, paid = happened("cart"), happened("paid", NOON + HOUR)
        bench.take_in(cart)
        ref = Ref("default", "ada", enrolment_id("default", "test", "ada", cart.fact_id))
        world.timeline = (("ada", paid),) if finds == "move" else ()
        bench.now = NOON + DAY
        assert bench.move(ref, moving(new)) == "moved"
        if finds == "merge":
            assert world.enrolments[ref.enrolment_id].enrolment.status == "active"
            world.timeline = (("ada", paid),)
            bench.unite("ada")
        ends.append(world.enrolments[ref.enrolment_id].enrolment)
        assert not world.listeners
        assert not world.queued
    assert ends[0] == ends[1]
    assert (ends[0].status, ends[0].reason) == ("exited", "paid")


def test_rules_that_are_the_same_are_not_looked_back_for():
    changed = journey(SHORTER, THANK, REST, exit_on=[{"event": "gone"}], title="Another")
    ledger, mover = moves(changed, WAITING)
    mover.move(REF, moving(changed), "m:2")
    assert "since" not in kinds(ledger.told())
    narrow = {"event": "gone", "where": {"for": "good"}}
    wider = journey(WATCH, THANK, REST, exit_on=[narrow], goal={"event": "gone", "within": "P1D"})
    assert new_standing_triggers(wider, OLD) == ("left", "gone")
    assert new_standing_triggers(OLD, wider) == ("gone",)
    assert new_standing_triggers(wider, wider) == ()


def test_from_the_due_index_its_wake_is_forgotten():
    old = OLD.model_copy(update={"clock": "due_index"})
    before = begun(old, Perform("watch"))
    ledger, mover = moves(NEW, before, old=old, machine="", task=None, wake_at=NOON + DAY,
                          wake_fold="f")  # fmt: skip
    assert mover.move(REF, moving(NEW), "m:2") == "moved"
    told = ledger.told()
    planned = Planned("shop", "ada#e1#1", NOON + DAY, "f")
    assert told[1] == ("keeping", planned, None, NOON + 2 * HOUR)
    assert (told[2][2].machine, told[2][2].wake_at, told[2][2].wake_fold) == ("m:2", None, "")
    assert kinds(told) == [
        *("load", "keeping", "commit", "kept", "start", "load", "release", "release")
    ], "there was no execution to stop"


@pytest.mark.parametrize("scale", [1, 24])
def test_what_waits_on_until_the_same_instant_keeps_its_wake(scale: float):
    old, new = (journey(REST, THANK, clock="due_index", title=title) for title in ("old", "new"))
    before = begun(old, Perform("rest"))
    wake_at = NOON + 9 * DAY / scale
    ledger, mover = moves(new, before, old=old, machine="", task=None, wake_at=wake_at)
    ledger.scale = scale
    mover.move(REF, moving(new), "")
    assert ledger.rows[REF].wake_at == wake_at, "time that has gone by is not to go by again"
    longer = journey({**REST, "duration": "P10D"}, THANK, clock="due_index")
    ledger, mover = moves(longer, before, old=old, machine="", task=None, wake_at=wake_at)
    ledger.scale = scale
    mover.move(REF, moving(longer), "")
    from_now = NOON + 2 * HOUR + 10 * DAY / scale
    assert ledger.rows[REF].wake_at == (NOON + 10 * DAY if scale == 1 else from_now)


def test_whoever_is_ended_is_stopped_and_followed_up():
    ledger, mover = moves(NEW, WAITING)
    assert mover.move(REF, moving(NEW, end=frozenset({"watch"})), "m:2") == "ended"
    told = ledger.told()
    over = move(moving(NEW, all_out=True), OLD, WAITING, NOON + 2 * HOUR).enrolment
    assert told == [
        LOAD,
        ("commit", 5, Change(over, NOON + 2 * HOUR)),
        ("stop", "m:1", REF, "moved to version 2"),
        ("stop", "m:1", REF, "ended from outside: taken_out"),
        ("release", REF, Listen("left", exits=True), True),
        ("release", REF, Listen("gone", exits=True), True),
        ("release", REF, Listen("paid", False, "watch", 1), True),
        ("release", REF, Listen("seen", False, "watch", 1), True),
    ]
    assert mover.move(REF, moving(NEW, end=frozenset({"watch"})), "m:2") == "ended"
    assert ledger.told() == [LOAD, *told[3:]]


def test_whoever_stays_or_is_not_there_is_told_with_the_reason():
    for chosen, said in (({"keep": frozenset({"watch"})}, "kept"), ({}, "unchosen")):
        without = journey(THANK, REST)
        ledger, mover = moves(without, WAITING)
        assert mover.move(REF, moving(without, **chosen), "m:2") == said
        assert ledger.told() == [LOAD]
    ledger, mover = moves(NEW, WAITING)
    assert mover.move(REF._replace(enrolment_id="e2"), moving(NEW), "m:2") == "passed"
    assert mover.move(REF, replace(moving(NEW), version=1), "m:2") == "passed"
    over = advance(OLD, WAITING, happened("left", NOON, fact_id="l"), NOON).enrolment
    ledger.put(over)
    assert mover.move(REF, moving(NEW), "m:2") == "passed"
    assert kinds(ledger.told()) == ["load"] * 3


def test_whoever_is_faster_is_looked_at_again_and_not_for_ever():
    ledger, mover = moves(NEW, WAITING)
    ledger.fails["commit"] = [ConflictError("x")] * TRIES
    with pytest.raises(ConflictError, match="keeps changing") as raised:
        mover.move(REF, moving(NEW), "m:2")
    assert raised.value.hint == "try again later"
    assert kinds(ledger.told()) == ["load", "commit"] * TRIES
    ledger.fails["commit"] = [ConflictError("x")] * (TRIES - 1)
    assert mover.move(REF, moving(NEW), "m:2") == "moved"


def test_a_store_of_which_nobody_knows_is_carried_on_only_if_it_was_stored():
    ledger, mover = moves(NEW, WAITING)
    ledger.fails["commit"] = [NotFoundError("no table")]
    with pytest.raises(NotFoundError, match="no table"):
        mover.move(REF, moving(NEW), "m:2")
    assert kinds(ledger.told()) == ["load", "commit", "load"]

    def answer_is_lost() -> None:
        raise NotFoundError("no answer")

    ledger.on_commit = answer_is_lost
    with pytest.raises(TransientError, match="was moved, and is not going on yet"):
        mover.move(REF, moving(NEW), "m:2")
    ledger.rows.clear()
    with pytest.raises(NotFoundError):
        raise mover._after(REF, moving(NEW), NotFoundError("x"))


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (NotFoundError("x"), TransientError),
        (ConflictError("x"), ConflictError),
        (TransientError("x"), TransientError),
    ],
)
@pytest.mark.parametrize("call", ["stop", "start", "release"])
def test_what_goes_wrong_after_the_store_comes_again(call: str, error: Exception, raised: Any):
    ledger, mover = moves(NEW, WAITING)
    ledger.fails[call] = [error]
    with pytest.raises(raised) as found:
        mover.move(REF, moving(NEW), "m:2")
    if isinstance(error, NotFoundError):
        assert "was moved, and is not going on yet" in str(found.value)
    else:
        assert found.value is error


def test_whoever_ended_meanwhile_has_their_new_execution_stopped():
    ledger, mover = moves(NEW, WAITING)
    left = happened("left", NOON + 3 * HOUR, fact_id="l")

    def leaves() -> None:
        ledger.on_commit = lambda: None
        now = ledger.rows[REF]
        ledger.rows[REF] = replace(now, enrolment=advance(NEW, now.enrolment, left, NOON).enrolment)

    mover.move(REF, moving(NEW), "m:2")
    ledger.told()
    leaves()
    assert mover.move(REF, moving(NEW), "m:2") == "moved"
    told = ledger.told()
    assert told[1] == ("stop", "m:2", REF, "ended from outside: left")
    assert all(line[3] for line in told if line[0] == "release"), "nothing is listened to"
    # The same where it ends just after the execution was started.
    ledger, mover = moves(NEW, WAITING)
    start = ledger.start

    def started(*args: Any) -> None:
        start(*args)
        leaves()

    ledger.start = started
    mover.move(REF, moving(NEW), "m:2")
    told = ledger.told()
    place = kinds(told).index("start")
    assert told[place + 2] == ("stop", "m:2", REF, "ended from outside: left")


# --- what an execution owes -------------------------------------------------------------------


def test_what_the_last_call_asked_for_may_not_have_been_handed_over():
    more = {**THANK, "name": "more"}
    line = journey(THANK, REST, more, {**THANK, "name": "last"})
    first, rest = Perform("thank"), (Perform("rest"), TimeUp("rest", 1))
    asked = begun(line, first, *rest, Perform("more"))

    def steps(enrolment: Enrolment, place: int, old: Journey = line) -> list[tuple[str, int]]:
        return [(one.step, one.journey_version) for one in owed(old, enrolment, place)]

    assert steps(asked, len(asked.trace)) == [("more", 1)]
    assert steps(asked, len(asked.trace) - 1) == [("thank", 1)]
    assert steps(asked, 1) == []
    assert steps(asked, 0) == []
    assert steps(asked, 5, line.model_copy(update={"clock": "due_index"})) == []
    moved = move(Moving(7, 2, line, Choices()), line, asked, NOON + DAY).enrolment
    place = len(moved.trace) - 1
    assert steps(moved, place) == [("more", 1)]
    assert steps(moved, place + 1) == [], "the version since has asked for nothing"


# --- many at once -----------------------------------------------------------------------------

BY_INDEX = journey(WATCH, THANK, REST, clock="due_index")
SECOND = Ref("shop", "bob", "e1")


def many(**more: Any) -> tuple[Ledger, Waking, list[Exception]]:
    ledger = Ledger({1: BY_INDEX, 2: NEW}, now=NOON + DAY, **more)
    for profile_id in ("ada", "bob"):
        enrolment = begun(BY_INDEX, Perform("watch"), profile_id=profile_id)
        ledger.put(enrolment, machine="", wake_at=NOON + DAY)
    failures: list[Exception] = []
    return ledger, Waking(ledger.progress, failures.append), failures


BOTH = [Wake(REF, 1), Wake(SECOND, 1)]
DUE = NOON + 10 * DAY


def planned(profile_id: str, **more: Any) -> Planned:
    return Planned("shop", f"{profile_id}#e1#4", DUE, **more)


def after_wake(ref: Ref) -> Iterator[tuple[Any, ...]]:
    yield ("send", "thank", 1, 1)
    yield ("release", ref, Listen("paid", False, "watch", 1), False)
    yield ("release", ref, Listen("seen", False, "watch", 1), False)


def test_many_are_planned_together_and_stored_one_by_one_before_anything_follows():
    ledger, waking, failures = many(folds={"ada#e1#4": "f"})
    waking.wake([*BOTH, BOTH[0]], NOON + DAY)
    told = ledger.told()
    assert told[:2] == [
        ("glance", (REF, SECOND, REF)),
        ("folding", (planned("ada"), planned("bob")), NOON + DAY),
    ]
    assert kinds(told[2:4]) == ["commit", "commit"]
    assert [line[2].wake_fold for line in told[2:4]] == ["f", ""]
    assert [line[2].wake_at for line in told[2:4]] == [DUE, DUE]
    assert told[4:] == [
        ("folded", ["ada#e1#4", "bob#e1#4"]),
        *after_wake(REF),
        *after_wake(SECOND),
    ]
    assert failures == []


def test_whoever_somebody_else_was_faster_for_is_woken_alone():
    ledger, waking, failures = many(fails={"commit": [ConflictError("x")]})
    waking.wake(BOTH, NOON + DAY)
    told = ledger.told()
    assert kinds(told[:5]) == ["glance", "folding", "commit", "commit", "folded"]
    assert told[4] == ("folded", ["bob#e1#4"])
    assert told[5:8] == list(after_wake(SECOND))
    assert kinds(told[8:]) == [*("load", "keeping", "commit", "kept", "send", "release", "release")]
    assert failures == []
    assert {ledger.rows[ref].enrolment.at for ref in (REF, SECOND)} == {"rest"}


def test_whoever_fails_stops_nobody_else():
    lost = TransientError("lost")
    ledger, waking, failures = many(fails={"commit": [lost]})
    waking.wake(BOTH, NOON + DAY)
    told = ledger.told()
    assert failures == [lost]
    assert told[4] == ("folded", ["bob#e1#4"])
    assert told[5:] == list(after_wake(SECOND))
    ledger, waking, failures = many(fails={"send": [lost]})
    waking.wake(BOTH, NOON + DAY)
    assert failures == [lost]
    assert ledger.told()[-3:] == list(after_wake(SECOND))


def test_who_is_not_as_the_wake_expects_is_looked_at_alone():
    ledger, waking, failures = many()
    gone = Wake(Ref("shop", "eve", "e1"), 1)
    early = Wake(REF, 2)
    waking.wake([gone, early], NOON + DAY)
    assert ledger.told() == [
        ("glance", (gone.ref, REF)),
        ("load", gone.ref),
        LOAD,
        ("since", "ada", ("paid", "seen"), NOON),
    ]
    moved = move(Moving(7, 2, NEW, Choices()), BY_INDEX, ledger.rows[REF].enrolment, NOON)
    ledger.put(moved.enrolment, machine="m:2")
    waking.wake([Wake(REF, 1)], NOON + DAY)
    assert kinds(ledger.told()) == ["glance", "load", "since"]
    assert failures == []


def test_who_has_no_wake_any_more_is_stored_all_the_same():
    """Whose wait was the last one: nothing is put together."""
    last = journey(WATCH, THANK, clock="due_index")
    ledger, waking, failures = many()
    ledger.versions = {1: last}
    waking.wake(BOTH, NOON + DAY)
    told = ledger.told()
    assert kinds(told[:3]) == ["glance", "commit", "commit"]
    assert all(line[2].wake_fold == "" for line in told[1:3])
    assert kinds(told[3:]) == ["send", "release", "release"] * 2
    assert failures == []


def test_many_by_machines_have_nothing_to_keep_beside():
    ledger, _, _ = many()
    change = Change(WAITING, NOON)
    with ledger.machine_clock.folding([change]) as folding:
        assert folding.place(change) is change
        folding.keep(change)
    with ledger.machine_clock.keeping(None, change):
        pass
    assert ledger.told() == []
