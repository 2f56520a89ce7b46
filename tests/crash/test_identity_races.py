"""Two decisions cut into one another at every call, where each changes what the other rests on.

The mock copies the table for each transaction, so there only every third schedule is played.
"""

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rules import IdentityRules, KindRule
from tests.crash.conftest import Judge
from tests.crash.faults import Line
from tests.crash.identities import Batch, Town, Worker
from tests.crash.test_identity_confluence import expected
from tests.dynamodb_local import real_one_judges

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULES = IdentityRules(
    kinds=(
        KindRule(kind="user_id", strength="strong", limit=1),
        KindRule(kind="device_id", limit=2),
    )
)


def claim(minute: int, user: str, device: str) -> Claim:
    return Claim(
        message_id=f"m{minute}",
        source_id="web",
        at=NOON + timedelta(minutes=minute),
        identifiers=(Identifier("user_id", user), Identifier("device_id", device)),
    )


STRIDE = 1 if real_one_judges() else 3
BEFORE = [claim(5, "ada", "d1"), claim(6, "ada", "d2"), claim(7, "ben", "d9")]
# A third device is one too many for ada, unless her first one turns out to be somebody else's.
RACES = {
    "one leaves, one would come": ([claim(9, "ada", "d3")], [claim(1, "ben", "d1")]),
    "both would come": ([claim(9, "ada", "d3")], [claim(8, "ada", "d4")]),
    "both leave": ([claim(1, "ben", "d1")], [claim(2, "ben", "d2")]),
    "one is claimed by two": ([claim(1, "ben", "d1")], [claim(2, "cem", "d1")]),
}


@pytest.mark.parametrize("race", RACES)
def test_wherever_two_decisions_meet_the_same_people_come_out(judge: Judge, race: str):
    first, second = RACES[race]
    people = expected([*BEFORE, *first, *second], RULES)
    for head in range(1, 30, STRIDE):
        for middle in range(1, 30, STRIDE):
            town = Town(judge(), RULES)
            assert town.take(BEFORE)
            head_taken, middle_taken = meet(town, first, second, head, middle)
            assert town.people() == people, f"after {head} calls of one, {middle} of the other"
            if middle_taken < middle:
                break
        if head_taken < head:
            return
    raise AssertionError("the schedule never ended")


def meet(town: Town, first: Batch, second: Batch, head: int, middle: int) -> tuple[int, int]:
    """Some calls of one, some of the other, the rest of both; gives how many there were."""
    workers = [Worker(town, batch, Line()) for batch in (first, second)]
    taken = []
    for worker, most in zip(workers, (head, middle), strict=True):
        steps = 0
        while not worker.done and steps <= most:  # the first step leads to the first call
            worker.step()
            steps += 1
        taken.append(steps - 1)
    for worker in workers:
        while not worker.done:
            worker.step()
        assert worker.succeeded
    return taken[0], taken[1]
