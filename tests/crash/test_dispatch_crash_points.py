"""Wherever dispatch dies, nothing is sent twice and every message ends with a status.

The person's timeline tells exactly once of a message whose status is that it was sent, and of no
other one.

Every AWS and provider call of a run × {dies before, dies after, throttled, answer lost}, and pairs
of such points in two runs in a row (a sample of them, a larger one where a real engine judges),
each followed by deliveries until nothing comes back.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest
from botocore.exceptions import ClientError

from shared.domain.messages.model import MessageRequest
from tests.crash.conftest import Judge
from tests.crash.deliveries import deliver
from tests.crash.faults import FAULTS, Fault, Line
from tests.dynamodb_local import real_one_judges
from tests.functions.dispatch_message.world import World

pytestmark = pytest.mark.slow

# Every so-manieth pair; prime to the numbers of calls and faults.
SAMPLE = 5 if real_one_judges() else 23
FINAL = {"sent", "rejected", "suppressed", "unknown"}
ADDRESSES = {
    "ada": "ada@example.com",
    "bob": "bob@example.com",
    "cem": "cem@example.com",
    "dan": "+14255550123",
}
End = dict[str, tuple[str, str | None]]


def make_world(judge: Judge) -> tuple[World, list[MessageRequest]]:
    """Four messages, of which each takes another way through dispatch."""
    world = World(judge())
    for name in ("ada", "bob", "cem"):
        world.add_person(name, first_name=name, email=f"{name}@example.com")
    world.add_person("dan", first_name="dan", phone="+14255550123")
    world.enrol("bob", "exited")
    requests = [world.request("ada"), world.request("bob"), world.request("cem", "gone")]
    return world, [*requests, world.request("dan", "reminder")]


def end_of(world: World, requests: list[MessageRequest]) -> End:
    rows = {request.profile_id: world.message(request) for request in requests}
    return {name: (row["status"], row.get("reason")) for name, row in rows.items()}


def assert_sound(world: World, requests: list[MessageRequest], undisturbed: End) -> None:
    end = end_of(world, requests)
    for name, (status, reason) in end.items():
        assert status in FINAL
        assert status == "unknown" or (status, reason) == undisturbed[name]
    for request in requests:
        letters = world.mailbox.to(ADDRESSES[request.profile_id])
        sent = end[request.profile_id][0] == "sent"
        assert len(letters) in ((1,) if sent else (0, 1)), request
        told = [(each.name, each.message_id) for each in world.timeline(request.profile_id)]
        assert told == [("$message_sent", f"sent:{request.message_id}")] * sent
    tallies = sum((Counter(world.tally(c)) for c in ("email", "sms", "none")), Counter())
    assert tallies == Counter(status for status, _ in end.values())


def points(calls: int) -> Iterator[tuple[int, Fault]]:
    return product(range(1, calls + 1), FAULTS)


@pytest.fixture
def undisturbed(judge: Judge) -> tuple[End, list[str]]:
    world, requests = make_world(judge)
    line = Line()
    deliver(world, requests, line)
    end = end_of(world, requests)
    assert end == {
        "ada": ("sent", None),
        "bob": ("suppressed", "enrolment_ended"),
        "cem": ("suppressed", "template_missing"),
        "dan": ("sent", None),
    }
    assert_sound(world, requests, end)
    return end, line.calls


def test_one_crash_anywhere_doubles_nothing_and_loses_nothing(
    judge: Judge, undisturbed: tuple[End, list[str]], capsys: pytest.CaptureFixture[str]
):
    end, calls = undisturbed
    tried = 0
    for number, fault in points(len(calls)):
        world, requests = make_world(judge)
        deliver(world, requests, Line({number: fault}))
        assert_sound(world, requests, end)
        tried += 1

    assert tried == len(calls) * len(FAULTS)
    with capsys.disabled():
        sys.stdout.write(f"\n{tried} crash points of dispatch: {len(calls)} calls × {FAULTS}\n")


@pytest.mark.parametrize(("template", "person"), [("welcome", "ada"), ("reminder", "dan")])
def test_a_crash_after_a_crash_doubles_nothing_either(
    judge: Judge, template: str, person: str, capsys: pytest.CaptureFixture[str]
):
    """One message only, so that many pairs of points fit; a second run has calls of its own."""
    world, requests = lonely(judge, template, person)
    line = Line()
    deliver(world, requests, line)
    end = end_of(world, requests)
    pairs = list(product(points(len(line.calls)), points(len(line.calls))))
    tried = 0
    for first, second in pairs[::SAMPLE]:
        world, requests = lonely(judge, template, person)
        lines = Line(dict([first])), Line(dict([second]))
        deliver(world, requests, *lines)
        assert_sound(world, requests, end)
        tried += len(lines[1].calls) >= second[0]
    with capsys.disabled():
        sys.stdout.write(f"\n{tried} pairs of crash points of dispatch: {template}\n")


def lonely(judge: Judge, template: str, person: str) -> tuple[World, list[MessageRequest]]:
    world = World(judge())
    world.add_person(person, first_name=person, email="ada@example.com", phone="+14255550123")
    return world, [world.request(person, template)]


# What the provider says to the first of two who share an address, and how that one ends.
FIRST = {
    "TooManyRequestsException": ("suppressed", "shared_address"),
    "MessageRejected": ("rejected", "provider_rejected"),
}


def household(judge: Judge, code: str) -> tuple[World, list[MessageRequest]]:
    """Two people at one address, to whom a broadcast goes; the provider does not take the first."""
    world = World(judge())
    for name in ("ada", "bob"):
        world.add_person(name, first_name=name, email="home@example.com")
    status = 429 if code.startswith("Too") else 400
    answer = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    errors = [ClientError(answer, "SendEmail")]  # type: ignore[arg-type]
    world.mailbox.refuse(lambda to: errors.pop() if errors else None)
    return world, [world.request(name, broadcast_id="b1") for name in ("ada", "bob")]


@pytest.mark.parametrize("code", FIRST)
def test_of_a_household_one_gets_the_broadcast_whoever_was_not_taken(judge: Judge, code: str):
    world, requests = household(judge, code)
    line = Line()
    deliver(world, requests, line)
    assert end_of(world, requests) == {"ada": FIRST[code], "bob": ("sent", None)}
    for number, fault in points(len(line.calls)):
        world, requests = household(judge, code)
        deliver(world, requests, Line({number: fault}))
        statuses = [status for status, _ in end_of(world, requests).values()]
        assert FINAL.issuperset(statuses)
        assert len(world.mailbox) <= 1
        assert "unknown" in statuses or statuses.count("sent") == len(world.mailbox) == 1
