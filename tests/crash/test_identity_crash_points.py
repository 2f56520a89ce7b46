"""Wherever a worker dies while people are made, merged or parted, the same people come out.

Every AWS call of the decision × {dies before, dies after, throttled, answer lost}, followed by
deliveries until nothing comes back.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rules import DEFAULT_RULES, Breaker, IdentityRules, KindRule
from tests.crash.conftest import Judge
from tests.crash.faults import FAULTS, Line
from tests.crash.identities import Batch, Town

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
# At most one user, and at most three browsers: a fourth one with earlier evidence parts a person.
TIGHT = IdentityRules(
    kinds=(
        KindRule(kind="user_id", strength="strong", limit=1),
        KindRule(kind="anonymous_id", limit=3),
    ),
    breaker=Breaker(identifiers=60, links_a_day=50),
)


def claim(day: int, *named: str, proof: str = "none") -> Claim:
    pairs = (each.split("=") for each in named)
    identifiers = tuple(Identifier(kind, value) for kind, value in pairs)
    return Claim(
        message_id=f"{day}-{'-'.join(named)}",
        source_id="web",
        at=NOON + timedelta(days=day),
        identifiers=identifiers,
        proof=proof,
    )


def sign_up() -> tuple[list[Batch], Batch]:
    return [[claim(0, "anonymous_id=phone")]], [claim(1, "user_id=ada", "anonymous_id=phone")]


def merge_of_two() -> tuple[list[Batch], Batch]:
    before = [[claim(0, "user_id=ada", "anonymous_id=phone")], [claim(0, "anonymous_id=laptop")]]
    return before, [claim(1, "user_id=ada", "anonymous_id=laptop")]


def quarrel() -> tuple[list[Batch], Batch]:
    before = [[claim(0, "user_id=ada", "anonymous_id=phone")]]
    return before, [claim(1, "user_id=ben", "anonymous_id=phone")]


def split() -> tuple[list[Batch], Batch]:
    """The browser belongs to who was seen with it first, and that is news."""
    before = [
        [claim(5, "user_id=ada", "anonymous_id=phone")],
        [claim(6, "user_id=ben", "anonymous_id=tablet")],
        [claim(7, "user_id=ada", "anonymous_id=tablet")],
    ]
    return before, [claim(1, "user_id=ben", "anonymous_id=phone")]


def crowd() -> tuple[list[Batch], Batch]:
    """More new identifiers than a transaction takes."""
    return [], [claim(n, "user_id=ada", f"anonymous_id=a{n}") for n in range(3)] + [
        claim(0, f"user_id=u{n}", f"anonymous_id=b{n}") for n in range(30)
    ]


STORIES = [
    (sign_up, DEFAULT_RULES),
    (merge_of_two, DEFAULT_RULES),
    (quarrel, DEFAULT_RULES),
    (split, TIGHT),
    (crowd, TIGHT),
]


@pytest.mark.parametrize(("story", "rules"), STORIES, ids=[s.__name__ for s, _ in STORIES])
def test_a_fault_at_any_call_leaves_the_same_people(
    judge: Judge,
    story: Callable[[], tuple[list[Batch], Batch]],
    rules: IdentityRules,
    capsys: pytest.CaptureFixture[str],
):
    before, batch = story()

    def town() -> Town:
        made = Town(judge(), rules)
        for each in before:
            assert made.take(each)
        return made

    calm, line = town(), Line()
    assert calm.take(batch, line)
    expected = calm.state()
    for number, fault in product(range(1, len(line.calls) + 1), FAULTS):
        made = town()
        disturbed = Line({number: fault})
        done = made.take(batch, disturbed)
        assert len(disturbed.calls) >= number, "the fault was never met"
        if not done:
            assert made.take(batch)
        assert made.state() == expected, f"{fault} at call {number} ({line.calls[number - 1]})"
    with capsys.disabled():
        tried = len(line.calls) * len(FAULTS)
        sys.stdout.write(f"\n{tried} crash points of {story.__name__}: {dict(calm.counts)}\n")
