"""Wherever dispatch dies while a message is put off or comes back, it goes out once, in its time.

Every call of both runs × {dies before, dies after, throttled, answer lost}: the first delivery in
the quiet of the morning, and the one that the due index brings when it is over.
"""

import sys
from datetime import datetime, timedelta
from itertools import product

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from functions.dispatch_message.usecase import Dispatch
from shared.aws import keys
from shared.aws.items import to_item
from shared.domain.due.batches import decode
from shared.domain.messages.model import MessageRequest
from shared.errors import ConflictError, TransientError
from tests.crash.faults import FAULTS, KilledError, Line
from tests.crash.tiny_store import TinyStore
from tests.functions.dispatch_message.world import NOON, PROFILES, SETTINGS, World

OPEN = NOON + timedelta(hours=3)
RULES = {
    "quiet_hours": ["08:00-15:00"],
    "contact_budget": [{"most": 1, "within": "P1D"}],
}
MOST = 6


def make_world() -> tuple[World, list[MessageRequest]]:
    world = World(TinyStore())
    world.set_catalog("SETTINGS", {**SETTINGS, **RULES})
    world.add_person("ada", first_name="Ada", email="ada@example.com", phone="+14255550123")
    return world, [world.request("ada"), world.request("ada", "reminder", priority=90)]


def run(world: World, line: Line, how) -> bool:
    """One run through the line; False where it has to come again."""
    dispatch = world.dispatch(line.around(world.dynamodb), line.around(world.mailbox))
    try:
        how(dispatch)
    except (KilledError, BotoCoreError, ClientError, TransientError, ConflictError):
        return False
    return True


def insist(world: World, line: Line, how) -> None:
    """The first run goes through the line, the others are undisturbed."""
    for _ in range(MOST):
        if run(world, line, how):
            return
        world.clock.pass_lease()
        line = Line()
    raise AssertionError("it fails for ever")


def bring_back(world: World, line: Line, seen: set[tuple[str, datetime]]) -> Line:
    """Everything that is due by now and was not brought yet, the first of it through the line."""
    due = [(one.name, one.due_at) for one in world.put_off()]
    sent, world.sent_back.bodies = world.sent_back.bodies, []
    due += [(decode(body).names[0], decode(body).due_at) for body, _ in sent]
    for name, at in sorted(due, key=lambda one: one[1]):
        if at <= world.clock.now and (name, at) not in seen:
            seen.add((name, at))

            def how(dispatch: Dispatch, name: str = name, at: datetime = at) -> object:
                return dispatch.wake("default", name, at)

            insist(world, line, how)
            line = Line()
    return line


def play(first: Line, second: Line) -> tuple[World, list[MessageRequest]]:
    """Both are asked for at noon; then the clock goes on for three days, hour by hour."""
    world, requests = make_world()
    for request in requests:
        insist(world, first, lambda dispatch, one=request: dispatch.dispatch(one))
        first = Line()
    seen = set[tuple[str, datetime]]()
    while world.clock.now < NOON + timedelta(days=3):
        second = bring_back(world, second, seen)
        world.clock.now += timedelta(minutes=30)
    return world, requests


def check(world: World, requests: list[MessageRequest]) -> None:
    email, sms = map(world.message, requests)
    assert len(world.mailbox.calls) <= 2
    for row in (email, sms):
        assert row["status"] in ("sent", "unknown")
        claimed_at = datetime.fromisoformat(row["claimed_at"])
        assert not 8 <= claimed_at.hour < 15
    late, early = (datetime.fromisoformat(row["claimed_at"]) for row in (email, sms))
    assert late - early >= timedelta(days=1), "priority goes first, and the cap is kept"


@pytest.mark.slow
def test_a_crash_anywhere_neither_loses_nor_hurries_a_message_that_waits(
    capsys: pytest.CaptureFixture[str],
):
    first, second = Line(), Line()
    world, requests = play(first, second)
    check(world, requests)
    assert [world.message(one)["status"] for one in requests] == ["sent", "sent"]
    assert "put_item" in first.calls
    tried = 0
    for which, line in enumerate((first, second)):
        for number, fault in product(range(1, len(line.calls) + 1), FAULTS):
            lines = [Line(), Line()]
            lines[which] = Line({number: fault})
            check(*play(*lines))
            tried += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{tried} crash points of messages that wait\n")


@pytest.mark.parametrize(
    ("commit", "reason"),
    [
        (lambda world: world.enrol("ada", "exited"), "enrolment_ended"),
        (lambda world: world.consent("ada", granted=False), "no_consent"),
        (lambda world: world.suppress("email", "ada@example.com"), "suppressed"),
        (lambda world: world.set_journey("paused"), "journey_paused"),
    ],
)
def test_what_is_committed_while_a_message_waits_holds(commit, reason):
    world, [request, _] = make_world()
    assert world.dispatch().dispatch(request) == "deferred"
    commit(world)
    world.clock.now = OPEN
    bring_back(world, Line(), set())
    row = world.message(request)
    assert (row["status"], row["reason"]) == ("suppressed", reason)
    assert "until" not in row
    assert world.mailbox.calls == []


def test_who_is_erased_while_a_message_waits_hears_nothing():
    world, [request, _] = make_world()
    world.dispatch().dispatch(request)
    pk = keys.person("default", "ada")
    for sk in list(world.dynamodb.tables[PROFILES][pk]):
        world.dynamodb.delete_item(TableName=PROFILES, Key=to_item({"pk": pk, "sk": sk}))
    world.clock.now = OPEN
    bring_back(world, Line(), set())
    assert world.mailbox.calls == []
    assert world.message(request) == {}


def test_a_message_that_comes_too_early_or_twice_waits_on():
    world, [request, _] = make_world()
    dispatch = world.dispatch()
    assert dispatch.dispatch(request) == "deferred"
    row = world.message(request)
    assert dispatch.dispatch(request) is None
    assert dispatch.wake("default", f"ada#{request.message_id}", NOON) is None
    assert world.message(request) == row
    assert datetime.fromisoformat(row["until"]) == OPEN


def test_what_cannot_go_out_in_time_expires_and_says_what_kept_it():
    world, _ = make_world()
    request = world.request("ada", expires_after=3_600)
    assert world.dispatch().dispatch(request) == "deferred"
    world.clock.now = NOON + timedelta(hours=1)
    bring_back(world, Line(), set())
    row = world.message(request)
    assert (row["status"], row["reason"]) == ("suppressed", "expired")
    assert row["detail"].startswith("quiet_hours")
    budget = world.dynamodb.tables[PROFILES][keys.person("default", "ada")][keys.BUDGET]
    assert '"waiting":{}' in budget["ledger"]["S"]


def test_a_message_that_the_provider_refused_gives_its_room_back():
    world, [request, other] = make_world()
    world.clock.now = OPEN
    world.mailbox.refuse(lambda address: refused("MessageRejected") if "@" in address else None)
    assert world.dispatch().dispatch(request) == "rejected"
    assert world.dispatch().dispatch(other) == "sent"


def refused(code: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}},
        "SendEmail",
    )
