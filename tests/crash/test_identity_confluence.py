"""The people in the table are those of an independent oracle: in any order, batched and repeated
in any way, by many workers at once, through conflicts, throttles, lost answers and deaths.
"""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.identity.claims import strongest_first
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rulebook import rulebook_of
from tests.crash.conftest import Judge
from tests.crash.identities import Batch, Town, play
from tests.domain.identity.generators import START, claim_lists, small_rules
from tests.domain.identity.oracle import Oracle
from tests.dynamodb_local import real_one_judges

pytestmark = pytest.mark.slow

REAL = real_one_judges()
few = settings(
    max_examples=60 if REAL else 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
seeds = st.integers(0, 2**32)
rules = st.builds(
    small_rules,
    st.sampled_from([4, 6, 9, 100]),
    st.sampled_from([2, 3, 5, 50]),
    st.sampled_from([3, 3, 20]),
)


def expected(claims: Batch, rules: Any) -> set[frozenset[str]]:
    people = Oracle(claims, rules).people
    return {frozenset(f"{each.kind}={each.value}" for each in person) for person in people}


def batches_of(claims: Batch, dice: random.Random) -> list[Batch]:
    """The claims shuffled, some of them twice, cut into batches of one to four."""
    dealt = [*claims, *(claim for claim in claims if dice.random() < 0.3)]
    dice.shuffle(dealt)
    batches = []
    while dealt:
        size = dice.randint(1, 4)
        batches.append(dealt[:size])
        dealt = dealt[size:]
    return batches


@given(claims=claim_lists(), rules=rules, seed=seeds)
@few
def test_orders_batches_and_repetitions_leave_no_trace(
    judge: Judge, claims: Batch, rules: Any, seed: int
):
    dice = random.Random(seed)
    town = Town(judge(), rules)
    for batch in batches_of(claims, dice):
        assert town.take(batch)
    assert town.people() == expected(claims, rules)
    before = town.state()
    assert town.take(list(reversed(claims)))
    assert town.state() == before


@given(claims=claim_lists(), rules=rules, seed=seeds)
@few
def test_many_workers_in_a_storm_end_in_the_same_people_as_one_in_the_calm(
    judge: Judge, claims: Batch, rules: Any, seed: int
):
    dice = random.Random(seed)
    town = Town(judge(), rules)
    play(town, batches_of(claims, dice), dice)
    assert town.people() == expected(claims, rules)


def crowd(dice: random.Random, size: int) -> list[Claim]:
    """Much evidence about very few identifiers: everybody quarrels with everybody."""
    kinds = ("user_id", "openid", "email", "device_id", "anonymous_id")
    pool = [Identifier(kind, value) for kind in kinds for value in "ab"]
    rulebook = rulebook_of(small_rules())
    return [
        Claim(
            message_id=f"m{number:02}",
            source_id="web",
            at=START + timedelta(hours=24 * dice.randint(0, 4) + dice.randint(0, 1)),
            identifiers=strongest_first(
                dict.fromkeys(dice.sample(pool, dice.choice([1, 2, 2, 2, 3]))), rulebook
            ),
            proof=dice.choice(["none", "none", "server"]),
        )
        for number in range(size)
    ]


@pytest.mark.parametrize("seed", range(20 if REAL else 2))
def test_a_crowd_on_few_devices_is_told_apart_by_many_workers_in_a_storm(judge: Judge, seed: int):
    dice = random.Random(seed)
    rules = small_rules(dice.choice([4, 6, 9, 100]), dice.choice([2, 3, 5]), dice.choice([3, 20]))
    claims = crowd(dice, 18)
    town = Town(judge(), rules)
    play(town, [claims[start : start + 2] for start in range(0, len(claims), 2)], dice)
    assert town.people() == expected(claims, rules)
