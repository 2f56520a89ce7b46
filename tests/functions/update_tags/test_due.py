"""Whoever is due is judged without any event, also when an event comes at the very same time."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest

from shared.aws.state_store import StateStore
from shared.domain.due.batches import decode
from shared.domain.instants import format_instant, parse_instant
from tests.functions.update_tags.conftest import NOON, Wire
from tests.functions.update_tags.people import expect_exact_tallies, members, told
from tests.functions.update_tags.standings import expect_standing

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ADA = "ada"
DAY = timedelta(days=1)
HASTY = {
    "type": "event",
    "event": "page",
    "times": 2,
    "window": {"type": "rolling", "seconds": 3_600},
}
VISITS = {"type": "statistic", "event": "page", "aggregate": "count", "within_days": 1}


def due_at(bench):
    text = bench.rows(ADA)["STATE"].get("due_at")
    return text and parse_instant(text)


def due_rows(bench):
    return {
        sk.partition("#")[0]
        for pk, rows in bench.everything().items()
        if "#P#" not in pk and "#N#" not in pk
        for sk in rows
        if sk.endswith(f"#{ADA}")
    }


def test_silence_alone_moves_people_through_the_stages(bench):
    bench.deliver([bench.event(ADA, "page")])
    instants = []
    while (due := due_at(bench)) is not None:
        bench.now = due
        bench.judge(ADA)
        instants.append((due - NOON) / DAY)

    moves = [words for words in told(bench, ADA) if " to " in words]
    assert moves == [
        "prospect to new",
        "new to active",
        "active to at_risk",
        "at_risk to dormant",
        "dormant to lost",
    ]
    assert instants[-4:] == [7, 14, 30, 60]
    states = StateStore(bench.dynamodb, bench.table)
    history = states.stages("default", ADA, states.state("default", ADA))
    assert [(stage, (since - NOON) / DAY) for stage, since in history] == [
        ("new", 0),
        ("active", 7),
        ("at_risk", 14),
        ("dormant", 30),
        ("lost", 60),
    ]


def test_to_judge_somebody_who_is_not_due_only_reads(bench):
    bench.deliver([bench.event(ADA, "page")])
    bench.now = due_at(bench) - timedelta(milliseconds=1)
    wire = Wire()

    bench.judge(ADA, wire=wire)

    assert [name for name, _ in wire.calls] == ["batch_get_item"] * 2


def test_to_judge_somebody_who_is_gone_leaves_nothing(bench):
    bench.judge("nobody")

    assert bench.everything() == {}


def test_there_is_a_due_row_wherever_there_is_a_due_instant(bench):
    bench.deliver([bench.event(ADA, "page")])
    for _ in range(4):
        assert format_instant(due_at(bench)) in due_rows(bench)
        bench.now = due_at(bench)
        bench.judge(ADA)


def test_who_is_due_within_seconds_is_sent_for(bench):
    bench.catalog.conditions = {"hasty": {**HASTY, "window": {"type": "rolling", "seconds": 30}}}
    bench.deliver([bench.event(ADA, "page"), bench.event(ADA, "page")])

    ((body, delay),) = bench.queue.sent
    assert (decode(body).names, delay) == ((ADA,), 30)


class CrashError(BaseException):
    """The end of the process."""


@pytest.mark.parametrize(
    "lives_for", [0, 3, *(pytest.param(n, marks=pytest.mark.nightly) for n in (1, 2, 5, 99))]
)
def test_a_sweep_and_an_event_at_once_leave_what_both_know(bench, lives_for):
    """Events of that instant come before each call of the sweep, which dies some calls later."""
    bench.catalog.conditions |= {"hasty": HASTY}
    bench.catalog.kinds = {"visits": VISITS}
    for number in count(1):
        bench.begin_again()
        bench.now = NOON
        bench.deliver([bench.event(ADA, "page") for _ in range(3)])
        bench.now = due = due_at(bench)

        def hook(call, when, number=number, due=due):
            if (call, when) == (number, "before"):
                news = [bench.event(ADA, "page", at=due) for _ in range(2)]
                assert bench.deliver(news).failed == 0
            if (call, when) == (number + lives_for, "after"):
                raise CrashError

        wire = Wire(hook)
        with suppress(CrashError):
            assert bench.judge(ADA, wire=wire).failed == 0
        assert bench.judge(ADA).failed == 0

        expect_standing(bench, ADA)
        expect_exact_tallies(bench)
        if len(wire.calls) < number:
            break
    assert number > 6


@pytest.mark.parametrize("dies", [True, pytest.param(False, marks=pytest.mark.nightly)])
def test_an_event_and_a_sweep_at_once_leave_what_both_know(bench, dies):
    """The sweep comes right before each call of the event's delivery, at the instant it is due."""
    bench.catalog.conditions |= {"hasty": HASTY}
    bench.catalog.kinds = {"visits": VISITS}
    for number in count(1):
        bench.begin_again()
        bench.now = NOON
        bench.deliver([bench.event(ADA, "page") for _ in range(3)])
        due = due_at(bench)
        bench.now = due - timedelta(seconds=2)
        record = [bench.event(ADA, "page", at=bench.now)]

        def hook(call, when, number=number, due=due):
            if (call, when) == (number, "before"):
                at, bench.now = bench.now, due
                assert bench.judge(ADA).failed == 0
                bench.now = at
            if (call, when) == (number, "after") and dies:
                raise CrashError

        wire = Wire(hook)
        with suppress(CrashError):
            assert bench.deliver(record, wire).failed == 0
        assert bench.deliver(record).failed == 0
        bench.now = due
        assert bench.judge(ADA).failed == 0

        expect_standing(bench, ADA)
        expect_exact_tallies(bench)
        if len(wire.calls) < number:
            break
    assert number > 6
    assert "visitors" in members(bench.rows(ADA))
