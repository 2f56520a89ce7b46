"""Runs that wait for a provider, lay into an inbox or hear a cloud end well wherever they die.

Each call of each run × {dies before, dies after, throttled, answer lost}, then the clock goes on:
no second call to a provider, no message that is lost, and what is told of it once.
"""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from shared.aws.inbox_store import InboxStore
from shared.domain.messages.model import MessageRequest
from shared.errors import RapportError
from tests.crash.faults import FAULTS, KilledError, Line
from tests.crash.test_deferred_crash_points import bring_back, insist
from tests.crash.tiny_store import TinyStore
from tests.functions.dispatch_message.world import PROFILES, World
from tests.functions.record_feedback.test_texts import Texting

PHONES = {"ada": "+14255550123", "bob": "+14255550124", "cem": "+14255550125"}


def in_line(first: Line, second: Line) -> tuple[World, list[MessageRequest]]:
    """Three text messages by a provider that takes one a second."""
    world = World(TinyStore())
    world.set_catalog("PROVIDER#sms", {"provider_id": "sms", "type": "sns", "per_second": 1})
    requests = []
    for name, phone in PHONES.items():
        world.add_person(name, first_name=name, phone=phone)
        requests.append(world.request(name, "reminder"))
    for request in requests:
        line = first if request is requests[-1] else Line()
        insist(world, line, lambda dispatch, one=request: dispatch.dispatch(one))
    goes_on(world, second, timedelta(minutes=36), timedelta(minutes=2))
    return world, requests


def in_inbox(first: Line, second: Line) -> tuple[World, list[MessageRequest]]:
    """A message for an inbox."""
    world = World(TinyStore())
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    template = {"template_id": "note", "channel": "inbox", "headline": "Hi", "text": "Hello."}
    world.set_catalog("TEMPLATE#note", template)
    request = world.request("ada", "note")
    insist(world, first, lambda dispatch: dispatch.dispatch(request))
    goes_on(world, second, timedelta(minutes=30), timedelta(minutes=1))
    return world, [request]


def goes_on(world: World, line: Line, long: timedelta, step: timedelta) -> None:
    end, seen = world.clock.now + long, set[tuple[str, datetime]]()
    while world.clock.now < end:
        line = bring_back(world, line, seen)
        world.clock.now += step


def check_line(world: World, requests: list[MessageRequest]) -> None:
    assert all(world.mailbox.calls.count(phone) <= 1 for phone in PHONES.values())
    for request in requests:
        row = world.message(request)
        assert row["status"] in ("sent", "unknown")
        told = [one.name for one in world.timeline(request.profile_id)]
        assert told == ["$message_sent"] * (row["status"] == "sent")


def check_inbox(world: World, requests: list[MessageRequest]) -> None:
    (request,) = requests
    assert world.message(request)["status"] == "sent"
    assert InboxStore(world.dynamodb, PROFILES).has("default", "ada", request.message_id)
    assert [one.name for one in world.timeline("ada")] == ["$message_sent"]
    assert {name: n for name, n in world.tally("inbox").items() if n} == {"sent": 1}


Story = Callable[[Line, Line], tuple[World, list[MessageRequest]]]


@pytest.mark.parametrize(("story", "check"), [(in_line, check_line), (in_inbox, check_inbox)])
def test_a_crash_anywhere_loses_nothing_and_sends_nothing_twice(
    story: Story, check: Callable[..., None], capsys: pytest.CaptureFixture[str]
):
    first, second = Line(), Line()
    world, requests = story(first, second)
    check(world, requests)
    assert {world.message(one)["status"] for one in requests} == {"sent"}
    tried = 0
    for which, line in enumerate((first, second)):
        for number, fault in product(range(1, len(line.calls) + 1), FAULTS):
            lines = [Line(), Line()]
            lines[which] = Line({number: fault})
            check(*story(*lines))
            tried += 1
    assert tried >= 4 * len(first.calls)
    with capsys.disabled():
        sys.stdout.write(f"\n{tried} crash points: {story.__doc__}\n")


def heard(cloud: str, line: Line) -> tuple[str, list[str], int]:
    """What a cloud tells of a text message, taken in until it does not come back."""
    texting = Texting(TinyStore(), cloud)
    texting.loses = cloud == "aliyun"  # of which it can tell nevertheless
    assert texting.send() == ("unknown" if texting.loses else "sent")
    body = texting.told()
    record: Any = texting.over(line.around(texting.world.dynamodb))
    for _ in range(5):
        try:
            record.take(body)
            break
        except (KilledError, RapportError):
            record = texting.record
    return texting.row()["status"], texting.heard(), len(texting.providers.sms.taken)


@pytest.mark.parametrize("cloud", ["aliyun", "tencent"])
def test_what_a_cloud_tells_counts_once_wherever_it_is_interrupted(cloud: str):
    line = Line()
    wanted = heard(cloud, line)
    assert wanted == ("sent", ["$message_delivered"], 1)
    for number, fault in product(range(1, len(line.calls) + 1), FAULTS):
        assert heard(cloud, Line({number: fault})) == wanted, (number, fault)
