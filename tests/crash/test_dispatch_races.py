"""What is committed before the claim holds: no provider is called after it; and of two, one sends.

Each story commits its fact in front of every single call of an undisturbed run. In front of the
claim or earlier, no provider may be called; later, the message has gone out and stays sent once.
"""

from collections.abc import Callable

import pytest

from shared.domain.messages.model import MessageRequest
from tests.crash.conftest import Judge
from tests.crash.deliveries import deliver, deliver_once
from tests.crash.faults import Line
from tests.functions.dispatch_message.world import World

pytestmark = pytest.mark.slow


def make_world(judge: Judge) -> tuple[World, list[MessageRequest]]:
    world = World(judge())
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    return world, [world.request("ada")]


def calls_of_a_run(judge: Judge) -> list[str]:
    world, requests = make_world(judge)
    line = Line()
    deliver(world, requests, line)
    assert "ada@example.com" in world.mailbox
    return line.calls


@pytest.mark.parametrize(
    ("reason", "commit"),
    [
        ("enrolment_ended", lambda world: world.enrol("ada", "exited")),
        ("no_consent", lambda world: world.consent("ada", granted=False)),
        ("suppressed", lambda world: world.suppress("email", "ada@example.com")),
    ],
)
def test_no_provider_is_called_after_an_exit_an_opt_out_or_a_suppression(
    judge: Judge, reason: str, commit: Callable[[World], None]
):
    calls = calls_of_a_run(judge)
    claim = calls.index("transact_write_items") + 1
    for point in range(1, len(calls) + 1):
        world, requests = make_world(judge)

        def hook(number: int, world: World = world, point: int = point) -> None:
            if number == point:
                commit(world)

        deliver(world, requests, Line(hook=hook))

        row = world.message(requests[0])
        if point <= claim:
            assert world.mailbox.calls == [], f"sent although committed before call {point}"
            assert (row["status"], row["reason"]) == ("suppressed", reason)
        else:
            assert row["status"] == "sent"
            assert len(world.mailbox) == 1
        assert len(world.timeline("ada")) == len(world.mailbox)


def test_two_deliveries_at_once_send_once_wherever_they_meet(judge: Judge):
    calls = calls_of_a_run(judge)
    for point in range(1, len(calls) + 1):
        world, requests = make_world(judge)
        answers: list[list[str]] = []

        def meet(
            number: int,
            world: World = world,
            requests: list[MessageRequest] = requests,
            point: int = point,
            answers: list[list[str]] = answers,
        ) -> None:
            if number == point:
                answers.append(deliver_once(world, requests, Line()))

        first = deliver_once(world, requests, Line(hook=meet))
        world.clock.pass_lease()
        deliver(world, requests if first or answers[0] else [])

        assert len(world.mailbox.calls) == 1, f"they met at call {point}"
        assert world.message(requests[0])["status"] == "sent"
        assert world.tally("email") == {"sent": 1}
        assert [each.name for each in world.timeline("ada")] == ["$message_sent"]


def test_a_delivery_that_stalls_beyond_its_lease_is_not_followed_by_a_second_call(judge: Judge):
    """The first run hangs in the provider's call until the message was given up as unknown."""
    world, requests = make_world(judge)

    def stall(number: int) -> None:
        if line.calls[number - 1] == "send_email":
            world.clock.pass_lease()
            assert deliver_once(world, requests, Line()) == []

    line = Line(hook=stall)
    deliver(world, requests, line)

    assert len(world.mailbox.calls) == 1
    assert world.message(requests[0])["status"] == "unknown"
    assert world.tally("email") == {"unknown": 1}
    assert world.timeline("ada") == [], "nobody knows whether it was sent"
