"""Workers that decide who is who over a DynamoDB that fails, stalls and is shared."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import count
from threading import Semaphore, Thread
from typing import Any

from shared.aws.consent_moves import ConsentMoves
from shared.aws.identity_store import IdentityStore
from shared.domain.identity.identifying import Identify
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import IdentityRules
from shared.errors import RapportError
from tests.applying import named_rows, state_of
from tests.conftest import PROFILES_TABLE
from tests.crash.faults import KilledError, Line

MOST_DELIVERIES = 40

Batch = Sequence[Claim]


class Town:
    """A table of people and the ids that its workers give."""

    def __init__(self, client: Any, rules: IdentityRules) -> None:
        self.client = client
        self.rulebook = rulebook_of(rules)
        self.counts: Counter[str] = Counter()
        self._ids = count(1)

    def store(self, line: Line | None = None) -> IdentityStore:
        client = line.around(self.client) if line else self.client
        moves = ConsentMoves(client, PROFILES_TABLE)
        return IdentityStore(client, PROFILES_TABLE, moves, pause=lambda seconds: None)

    def take(self, batch: Batch, line: Line | None = None) -> bool:
        """Deliver a batch once; False when it must come again."""
        identify = Identify(self.store(line), "default", self.rulebook, self._new_id, self.counts)
        try:
            identify.homes(batch, {})
        except (RapportError, KilledError):
            return False
        return True

    def _new_id(self) -> str:
        return f"s{next(self._ids)}"

    def state(self) -> dict[str, Any]:
        return state_of(named_rows(self.client, PROFILES_TABLE))

    def people(self) -> set[frozenset[str]]:
        return set(self.state()["people"])


class Worker:
    """One delivery in a thread of its own that stops before each call until told to go on."""

    def __init__(self, town: Town, batch: Batch, line: Line) -> None:
        self.batch = batch
        self.done = self.succeeded = False
        self._go, self._stopped = Semaphore(0), Semaphore(0)
        line.hook = self._stop

        def run() -> None:
            self._go.acquire()
            try:
                self.succeeded = town.take(batch, line)
            finally:
                self.done = True
                self._stopped.release()

        Thread(target=run, daemon=True).start()

    def _stop(self, number: int) -> None:
        self._stopped.release()
        self._go.acquire()

    def step(self) -> None:
        """Make the call at hand and run up to the next one."""
        self._go.release()
        self._stopped.acquire()


class Storm:
    """Faults at random calls, about one in `one_in`."""

    def __init__(self, dice: random.Random, one_in: int) -> None:
        self._dice = dice
        self._one_in = one_in

    def line(self) -> Line:
        calls = (number for number in range(1, 60) if self._dice.randrange(self._one_in) == 0)
        faults = ("before", "after", "throttled", "lost")
        return Line({number: self._dice.choice(faults) for number in calls})


def play(town: Town, batches: Sequence[Batch], dice: random.Random, *, one_in: int = 12) -> int:
    """Deliver all batches until none comes back, several at once, cut into one another anywhere.

    Gives the number of deliveries.
    """
    storm = Storm(dice, one_in)
    waiting = list(batches)
    running: list[Worker] = []
    deliveries = 0
    while waiting or running:
        while waiting and len(running) < 4:
            running.append(Worker(town, waiting.pop(dice.randrange(len(waiting))), storm.line()))
            deliveries += 1
            if deliveries > MOST_DELIVERIES * len(batches):
                raise AssertionError("the deliveries never end")
        worker = dice.choice(running)
        worker.step()
        if worker.done:
            running.remove(worker)
            if not worker.succeeded:
                waiting.append(worker.batch)
    return deliveries
