"""A broadcast far above its provider's pace, through queues, due index and dispatch as they are.

Time is told to pass; everything between the hand-over and the provider is the real code, over a
store in memory. A copy of the function attends to each queue, as event sources do.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

import pytest

from functions.sweep_due.usecase import SweepDue
from shared.aws.due_store import DueRows
from shared.aws.message_queues import MessageQueues
from shared.domain.due.batches import decode, is_batch
from shared.domain.due.timing import DEFERRED
from shared.domain.messages.model import MessageRequest
from tests.crash.tiny_store import TinyStore
from tests.functions.dispatch_message.mailbox import Mailbox
from tests.functions.dispatch_message.world import NOON, PROFILES, SETTINGS, World

PER_SECOND = 20
BATCH = 5  # messages at a time, as the function takes them
TICK = timedelta(milliseconds=200)


@dataclass
class Line:
    """A queue: what was sent waits for its delay, and is taken in order."""

    world: World
    waiting: list[tuple[datetime, int, str]] = field(default_factory=list)
    _serial: Any = field(default_factory=count)

    def send(self, bodies: Any) -> None:
        self.send_later((body, 0) for body in bodies)

    def send_later(self, messages: Any) -> None:
        for body, delay in messages:
            ready = self.world.clock() + timedelta(seconds=delay)
            heappush(self.waiting, (ready, next(self._serial), body))

    def take(self) -> str | None:
        if self.waiting and self.waiting[0][0] <= self.world.clock():
            return heappop(self.waiting)[2]
        return None


class Telephone(Mailbox):
    """Notes when each text was handed over."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.at: list[datetime] = []

    def publish(self, **request: Any) -> dict[str, str]:
        self.at.append(self.world.clock())
        return super().publish(**request)


class Rush:
    """So many people of a broadcast by text message, and whoever else is written to."""

    def __init__(self, people: int, seed: int) -> None:
        self.draw = random.Random(seed)
        self.world = world = World(TinyStore())
        self.telephone = world.mailbox = Telephone(world)
        provider = {"provider_id": "sms", "type": "sns", "per_second": PER_SECOND}
        world.set_catalog("PROVIDER#sms", provider)
        world.set_catalog("SETTINGS", SETTINGS)
        self.single, self.broadcast = Line(world), Line(world)
        self.queues = MessageQueues(self.single, self.broadcast)  # type: ignore[arg-type]
        self.dispatch = world.dispatch(sent_back=self.queues)
        rows = DueRows(world.dynamodb, PROFILES, DEFERRED)
        self.sweep = SweepDue(rows, self.queues, world.clock, 1)
        self.swept = NOON - timedelta(minutes=2)
        self.looks: Counter[str] = Counter()
        self.ended: dict[str, tuple[str, datetime]] = {}
        self.crowd = [self.asks(f"p{n}", "reminder", broadcast_id="sale") for n in range(people)]
        self.queues.ask(self.crowd)

    def asks(self, name: str, template_id: str, **more: Any) -> MessageRequest:
        number = len(self.world.dynamodb.tables.get(PROFILES, {}))
        phone = f"+1{200 + number // 100 % 800}55501{number % 100:02d}"
        self.world.add_person(name, first_name=name, phone=phone, email=f"{name}@example.com")
        return self.world.request(name, template_id, **more)

    def passes(self) -> None:
        """A moment passes; each queue has a copy of the function."""
        self.world.clock.now += TICK
        if self.world.clock() - self.swept >= timedelta(minutes=1):
            self.swept = self.world.clock()
            self.sweep.sweep("default", lambda: False)
        for line in (self.single, self.broadcast):
            for _ in range(BATCH * self.draw.choice([1, 4, 6])):
                if body := line.take():
                    self._attend(body)

    def _attend(self, body: str) -> None:
        if is_batch(body):
            batch = decode(body)
            (name,) = batch.names
            who, status = name.split("#")[1], self.dispatch.wake("default", name, batch.due_at)
        else:
            request = MessageRequest.from_body(body)
            who, status = request.message_id, self.dispatch.dispatch(request)
        self.looks[who] += 1
        if status not in (None, "deferred"):
            self.ended[who] = (status, self.world.clock())


def rush(people: int, seed: int) -> None:
    rush = Rush(people, seed)
    for _ in range(rush.draw.randrange(5, 40)):
        rush.passes()
    begun = rush.world.clock()
    code = rush.asks("ann", "reminder", purpose="transactional", message_id="code")
    letter = rush.asks("bea", "welcome", purpose="marketing", message_id="letter")
    receipt = rush.asks("cid", "reminder", purpose="transactional", broadcast_id="sale",
                        message_id="receipt")  # fmt: skip
    parcel = rush.asks("dan", "reminder", purpose="service", message_id="parcel")
    rush.queues.ask([code, letter, receipt, parcel])
    while not {"code", "letter", "receipt"} <= rush.ended.keys():
        rush.passes()
        assert rush.world.clock() - begun <= timedelta(seconds=6)
    # The crowd waits still, and whoever came behind it was looked at a few times at most.
    assert len(rush.ended) < people / 2
    assert all(rush.looks[name] <= 3 for name in ("code", "letter", "receipt"))

    # Who is no receipt waits its turn, and not behind the crowd on the same channel.
    while "parcel" not in rush.ended and len(rush.ended) < people / 2:
        rush.passes()
    assert "parcel" in rush.ended
    assert rush.ended["parcel"][1] - begun <= timedelta(seconds=30)

    while len(rush.ended) < people + 4:
        rush.passes()
        assert rush.world.clock() - begun < timedelta(minutes=5, seconds=people / PER_SECOND * 4)
    assert {status for status, _ in rush.ended.values()} == {"sent"}
    assert Counter(rush.telephone.calls).most_common(1)[0][1] == 1
    seconds = Counter(at.replace(microsecond=0) for at in rush.telephone.at)
    assert max(seconds.values()) <= PER_SECOND
    assert sum(rush.looks.values()) <= 4 * people  # rows of the due index come too late besides


@pytest.mark.parametrize("seed", range(2))
def test_nobody_waits_behind_a_broadcast(seed: int):
    rush(300, seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(2))
def test_nobody_waits_behind_ten_thousand(seed: int):
    rush(10_000, seed)
