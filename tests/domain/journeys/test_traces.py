"""What can be read off a trace, and the graphs and clocks that it goes by."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.enrolment import Enrolment, TraceEntry, Waiting
from shared.domain.journeys.graph import Back, Graph
from shared.domain.journeys.interpreter import advance
from shared.domain.journeys.local_time import instant_of, next_time, on_day, own_zone, zone_named
from shared.domain.journeys.resuming import resume_key, resumed
from shared.domain.journeys.stimulus import Perform, TimeUp
from tests.domain.journeys.ledgered import begun
from tests.domain.journeys.memory import NOON, happened, journey

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WATCH = {"type": "wait_for", "name": "w", "events": [{"event": "paid"}], "timeout": "P1D"}
AGAIN = {"type": "repeat", "name": "again", "to": "w", "times": 3}
ROUNDS = journey(WATCH, AGAIN, exit_on=[{"event": "left"}],
                 goal={"event": "bought", "within": "P9D"})  # fmt: skip


def entry(decision: Any, step: str = "w", visit: int = 1, **more: Any) -> TraceEntry:
    return TraceEntry(step, visit, NOON, decision, 1, **more)


def with_trace(*entries: TraceEntry, **more: Any) -> Enrolment:
    return replace(begun(ROUNDS), trace=entries, **more)


def test_what_ended_a_run_and_whether_that_came_from_outside():
    for decision, cut in (
        ("exit_rule", True), ("merged", True), ("goal", True), ("taken_out", True),
        ("exit_step", False), ("timed_out", False), ("moved", False),
    ):  # fmt: skip
        over = with_trace(entry("entered"), entry(decision), status="exited")
        assert (over.ended_by, over.was_cut) == (decision, cut)
    assert with_trace(entry("entered")).ended_by is None
    assert with_trace(status="exited").ended_by is None


def test_decisions_of_its_own_are_counted():
    trace = [entry(one) for one in ("entered", "waiting", "goal", "elapsed", "exit_rule")]
    assert with_trace(*trace).decided == 3
    moved_on = with_trace(*trace[:3], entry("moved"), entry("waits_on"))
    assert [moved_on.moved_since(n) for n in (None, 0, 1, 2, 3, 4)] == [
        *(True, True, True, True, False, False)
    ]


def test_whoever_waits_anew_is_told_from_who_waits_in_that_visit():
    stimuli = [Perform("w"), TimeUp("w", 1), Perform("again"), Perform("w")]
    steps = [begun(ROUNDS, *stimuli[:n]) for n in range(5)]
    last = steps[-1]
    assert [entry.decision for entry in last.trace] == [
        "entered", "waiting", "timed_out", "repeated", "waiting"]  # fmt: skip
    assert [last.waits_anew(n) for n in (None, 0, 1, 2, 3, 4, 5, 6)] == [
        *(False, True, True, True, False, False, False, False)
    ]
    assert not any(one.waits_anew(1) for one in steps[:4])
    goal = happened("bought", NOON + HOUR, fact_id="g")
    beside = advance(ROUNDS, last, goal, NOON).enrolment
    assert [beside.waits_anew(n) for n in (2, 3, 5)] == [True, False, False]


def test_where_in_a_trace_something_is():
    paid = happened("paid", NOON + HOUR, fact_id="p")
    bought = happened("bought", NOON + HOUR, fact_id="b")
    run = begun(ROUNDS, Perform("w"), bought, paid)
    assert [one.decision for one in run.trace] == ["entered", "waiting", "goal", "happened"]
    assert (run.end_of_wait(1), run.end_of_wait(3)) == (3, None)
    assert (run.place_of("p"), run.place_of("b"), run.place_of("x")) == (3, None, None)
    assert (run.has_used("p"), run.has_used("b")) == (True, False)
    assert run.goal_at == NOON + HOUR
    assert begun(ROUNDS).goal_at is None
    wait = Waiting(NOON, NOON + DAY)
    tick = timedelta(milliseconds=1)
    counted = [wait.counts(at) for at in (NOON - tick, NOON, NOON + DAY, NOON + DAY + tick)]
    assert counted == [False, True, True, False]


def test_where_an_execution_goes_on():
    assert resume_key("w", waits=True) == "w: waits"
    assert resume_key("w", waits=False) == "w"
    waits = begun(ROUNDS, Perform("w"))
    for now, scale, at, rest in (
        (NOON, 1, "2026-11-23T12:00:00.000Z", 86_400),
        (NOON + HOUR, 1, "2026-11-23T12:00:00.000Z", 82_800),
        (NOON + 2 * DAY, 1, "2026-11-23T12:00:00.000Z", 60),
        (NOON + HOUR, 24, "2026-11-22T14:00:00.000Z", 3_600),
    ):
        assert resumed(ROUNDS, waits).to_json(now, scale) == {
            "next": "w", "ways": {"resume": "w: waits"}, "seen": 2, "wake_at": at, "rest": rest,
        }  # fmt: skip
    assert resumed(ROUNDS, begun(ROUNDS)).to_json(NOON + HOUR, 1) == {
        "next": "w", "ways": {"resume": "w"}, "seen": 1, "wake_at": None, "rest": 82_800,
    }  # fmt: skip
    exact = NOON.replace(microsecond=123_999)
    assert to_milliseconds(exact) == NOON.replace(microsecond=123_000)


# --- graphs and local times -------------------------------------------------------------------


def test_what_a_step_leads_to_with_the_way_back():
    graph = Graph({"a": ["b", "c"], "b": ["c"], "c": []}, {"b": Back("a", 2)})
    assert [graph.ways(name) for name in "abc"] == [["b", "c"], ["c", "a"], []]
    assert [graph.reached(name) for name in "abc"] == [{*"abc"}, {*"abc"}, set()]
    assert graph.reached("nowhere") == set()
    definition = journey(
        {**WATCH, "on_timeout": "end"}, {**AGAIN, "next": "nowhere"},
        {"type": "repeat", "name": "astray", "to": "nobody", "times": 2},
    )  # fmt: skip
    assert definition.graph == Graph(
        {"w": ["again"], "again": [], "astray": []}, {"again": Back("w", 3)}
    )


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Asia/Shanghai", True), ("UTC", True), ("America/Argentina/Ushuaia", True),
        ("Etc/GMT+8", True), ("posix/Asia/Tokyo", False), ("right/UTC", False), ("utc", False),
        ("Asia", False), ("Asia/Nowhere", False), ("Asia/Shanghai/x/y", False), ("", False),
        ("Asia/Shanghai ", False), ("EST", False), ("/Asia", False),
    ],
)  # fmt: skip
def test_which_zones_there_are(name: str, known: bool):
    zone = zone_named(name)
    assert (zone is not None) is known
    if zone:
        assert zone.key == name
        assert own_zone({"timezone": name}, ZoneInfo("UTC")) == zone
    else:
        assert own_zone({"timezone": name}, ZoneInfo("Asia/Tokyo")).key == "Asia/Tokyo"
    assert own_zone({"zone": "Asia/Shanghai"}, ZoneInfo("UTC")).key == "UTC"


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("UTC", "2026-03-01T09:00:00", "2026-03-01T09:00:00"),
        ("Asia/Shanghai", "2026-03-01T00:00:00", "2026-02-28T16:00:00"),
        # Clocks are put forward from 02:00 to 03:00 at 07:00, and back from 02:00 at 06:00.
        ("America/New_York", "2026-03-08T01:59:59", "2026-03-08T06:59:59"),
        ("America/New_York", "2026-03-08T02:00:00", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-03-08T02:59:59", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-03-08T03:00:00", "2026-03-08T07:00:00"),
        ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00"),
        ("America/New_York", "2026-11-01T02:00:00", "2026-11-01T07:00:00"),
        ("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00"),  # a day that never was
    ],
)
def test_a_local_time_is_one_instant(zone: str, local: str, instant: str):
    wanted = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert instant_of(datetime.fromisoformat(local), ZoneInfo(zone)) == wanted
    at = datetime.fromisoformat(local)
    assert on_day(at.date(), at.time(), ZoneInfo(zone)) == wanted


@pytest.mark.parametrize(
    ("after", "at", "days", "found"),
    [
        ("2026-11-22T09:00:00", "09:00", range(7), "2026-11-23T09:00:00"),
        ("2026-11-22T08:59:59", "09:00", range(7), "2026-11-22T09:00:00"),
        ("2026-11-22T08:59:59", "09:00", [6], "2026-11-22T09:00:00"),  # a Sunday
        ("2026-11-22T09:00:00", "09:00", [6], "2026-11-29T09:00:00"),
        ("2026-11-22T09:00:00", "09:00", [5], "2026-11-28T09:00:00"),
        ("2026-11-22T09:00:00", "09:00", [0, 5], "2026-11-23T09:00:00"),
    ],
)
def test_the_next_time_that_a_clock_shows(after: str, at: str, days: Any, found: str):
    instant = datetime.fromisoformat(after).replace(tzinfo=UTC)
    wanted = datetime.fromisoformat(found).replace(tzinfo=UTC)
    assert next_time(instant, time.fromisoformat(at), days, ZoneInfo("UTC")) == wanted
