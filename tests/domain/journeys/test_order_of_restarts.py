"""Restarts of executions: what each asks for, in its order, and whom it leaves alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import advance
from shared.domain.journeys.listeners import listeners
from shared.domain.journeys.ports import Change
from shared.domain.journeys.restarting import LONGEST, Restarter, may_idle, stands_still
from shared.domain.journeys.stimulus import Perform, TimeUp
from shared.domain.recovery.damage import LATE
from shared.errors import ConflictError
from tests.domain.journeys.ledgered import REF, Ledger, begun
from tests.domain.journeys.memory import NOON, happened, journey
from tests.domain.journeys.watching import (
    DAY,
    HOUR,
    LOAD,
    OLD,
    PAID,
    REST,
    TASK,
    THANK,
    WAITING,
    WATCH,
)

REST_OF = {
    "next": "watch",
    "ways": {"resume": "watch: waits"},
    "seen": 2,
    "wake_at": "2026-11-23T12:00:00.000Z",
    "rest": 22 * 3_600,
}


def kinds(lines: list[Any]) -> list[str]:
    return [line[0] for line in lines]


def restarts(before: Enrolment = WAITING, **more: Any) -> tuple[Ledger, Restarter]:
    ledger = Ledger({1: OLD}, now=NOON + 2 * HOUR)
    ledger.put(before, **{"task": TASK, **more})
    return ledger, Restarter(
        ledger.progress, ledger.machine_clock, ledger, lambda journey, version: f"any:{version}"
    )


LISTENS = tuple(listeners(OLD, WAITING).values())


@pytest.mark.parametrize("machine", ["m:1", "any:1#3"])
def test_an_execution_that_is_gone_is_written_down_before_it_is_started(machine: str):
    ledger, restarter = restarts(machine=machine)
    ledger.running = False
    assert restarter.restart(REF, 5, NOON) == "gone"
    named = "any:1#1" if machine == "m:1" else "any:1#4"
    assert ledger.told() == [
        LOAD,
        ("is running", machine, REF),
        ("commit", 5, Change(WAITING, NOON + 2 * HOUR, LISTENS, machine=named)),
        ("start", named, REF, REST_OF),
        LOAD,
    ]


def test_what_was_asked_for_is_handed_over_again_before_an_execution_starts():
    ready = advance(OLD, advance(OLD, WAITING, PAID, NOON).enrolment, Perform("thank"), NOON)
    ledger, restarter = restarts(ready.enrolment)
    ledger.running = False
    restarter.restart(REF, 5, NOON)
    assert kinds(ledger.told()) == ["load", "is running", "commit", "send", "start", "load"]


def test_whoever_moved_or_is_over_is_fine():
    over = advance(OLD, WAITING, happened("left", NOON, fact_id="l"), NOON).enrolment
    for enrolment, version in ((WAITING, 4), (WAITING, 6), (over, 5)):
        ledger, restarter = restarts(enrolment)
        assert restarter.look(REF, version) == "fine"
        assert restarter.restart(REF, version, NOON) == "fine"
        assert kinds(ledger.told()) == ["load", "load"]
    ledger, restarter = restarts()
    elsewhere = REF._replace(enrolment_id="e2")
    assert restarter.look(elsewhere, 5) == "fine"
    assert restarter.restart(elsewhere, 5, NOON) == "fine"


def test_an_execution_that_runs_is_told_once_more_or_left_alone():
    ledger, restarter = restarts()
    assert restarter.look(REF, 5) == "behind"
    assert restarter.restart(REF, 5, NOON) == "behind"
    ledger.put(WAITING, task=None)
    assert restarter.look(REF, 5) == "behind"
    ledger.told()
    told = advance(OLD, WAITING, PAID, NOON).enrolment
    ledger.put(told, task=TASK)
    answer = {
        "next": "thank",
        "ways": {"s0": "thank"},
        "seen": 3,
        "wake_at": None,
        "rest": None,
    }
    assert restarter.restart(REF, 5, NOON) == "untold"
    assert ledger.told() == [LOAD, ("is running", "m:1", REF), ("redeem", "t", answer)]
    ledger.redeems = False
    for late, seen in ((LONGEST, "behind"), (LONGEST + timedelta(seconds=1), "untold")):
        ledger.put(told, task=TASK)
        ledger.now = NOON + late
        assert restarter.restart(REF, 5, NOON) == seen
        lines = ledger.told()
        assert kinds(lines[:3]) == ["load", "is running", "redeem"]
        if seen == "behind":
            assert len(lines) == 3
        else:
            assert lines[3] == ("stop", "m:1", REF, "it waits by a lost token")
            assert kinds(lines[4:]) == ["commit", "start", "load"]


@pytest.mark.parametrize("gone", [True, False])
def test_whoever_moves_just_now_is_fine_unless_an_execution_was_stopped(gone: bool):
    ledger, restarter = restarts()
    ledger.running, ledger.redeems = not gone, False
    ledger.now = NOON + 9 * DAY
    ledger.put(advance(OLD, WAITING, PAID, NOON).enrolment, task=TASK)
    ledger.fails["commit"] = [ConflictError("x")]
    if gone:
        assert restarter.restart(REF, 5, NOON) == "fine"
    else:
        with pytest.raises(ConflictError):
            restarter.restart(REF, 5, NOON)


def test_an_execution_of_nobody_is_looked_at_and_stopped():
    ledger, restarter = restarts()
    assert restarter.is_idle(REF, "m:1") is True
    restarter.stop(REF, "m:1")
    assert ledger.told() == [
        ("is running", "m:1", REF),
        ("stop", "m:1", REF, "its enrolment is over"),
    ]
    stored = ledger.rows[REF]
    assert not restarter.stands_still(stored, NOON, LATE)
    ledger.now = NOON + DAY + LATE
    assert not restarter.stands_still(stored, NOON, LATE)
    ledger.now += timedelta(milliseconds=1)
    assert restarter.stands_still(stored, NOON, LATE)
    assert not restarter.may_idle(stored)
    left = advance(OLD, WAITING, happened("left", NOON, fact_id="l"), NOON).enrolment
    ledger.now = NOON + DAY - HOUR
    assert restarter.may_idle(replace(stored, enrolment=left))
    ledger.now = NOON + DAY
    assert not restarter.may_idle(replace(stored, enrolment=left))


def test_who_stands_at_a_step_or_is_over():
    ready, over = begun(OLD), advance(OLD, WAITING, happened("left", NOON), NOON).enrolment

    def still(enrolment: Enrolment, ahead: timedelta, **more: Any) -> bool:
        told = {"now": NOON + ahead, "late": LATE, "time_scale": 1, **more}
        return stands_still(enrolment, more.pop("machine", "m:1"), NOON, **told)

    tick = timedelta(milliseconds=1)
    assert not still(ready, LATE)
    assert still(ready, LATE + tick)
    assert not still(over, 99 * DAY)
    assert still(WAITING, DAY / 24 + LATE + tick, time_scale=24)
    assert not still(WAITING, DAY / 24 + LATE, time_scale=24)
    late = stands_still(WAITING, "m:1", NOON + 2 * DAY, now=NOON + 2 * DAY + LATE, late=LATE,
                        time_scale=1)  # fmt: skip
    assert not late, "it was stored after the wait was over"


def test_only_what_was_cut_short_in_a_wait_may_idle():
    left = happened("left", NOON + HOUR, fact_id="l")
    goal = journey(WATCH, THANK, REST, exit_on=[{"event": "left"}],
                   goal={"event": "paid", "where": {"x": 1}, "within": "P9D"})  # fmt: skip
    reached = happened("paid", NOON + HOUR, fact_id="g", properties={"x": 1})
    at_step = advance(OLD, begun(OLD), left, NOON).enrolment
    ended = begun(OLD, Perform("watch"), TimeUp("watch", 1), Perform("thank"), Perform("rest"),
                  TimeUp("rest", 1))  # fmt: skip
    wait = journey({**WATCH, "events": [{"event": "seen"}]}, exit_on=[{"event": "left"}],
                   goal={"event": "paid", "within": "P9D"})  # fmt: skip
    beside = begun(wait, Perform("watch"), reached, left)
    assert [entry.decision for entry in beside.trace[-2:]] == ["goal", "exit_rule"]
    assert may_idle(beside, NOON + HOUR)
    assert not may_idle(at_step, NOON + HOUR)
    assert not may_idle(ended, NOON)
    assert not may_idle(begun(goal, Perform("watch")), NOON)
