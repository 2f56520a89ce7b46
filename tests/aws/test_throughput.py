"""The pace of a provider: so many a second, a place kept for who goes first, a line for others."""

import random
from collections import Counter
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.throughput import Throughput
from shared.domain.messages import pace
from tests.conftest import NOON
from tests.conftest import PROFILES_TABLE as PROFILES
from tests.crash.tiny_store import TinyStore


class Seconds:
    def __init__(self, store: Any) -> None:
        self.now = NOON
        self.throughput = Throughput(store, PROFILES, now=lambda: self.now)

    def asks(self, per_second: int = 10, channel: str = "sms", **how: bool) -> timedelta | None:
        return self.throughput.stands_back("default", channel, per_second, **how)


@pytest.fixture
def seconds(dynamodb: Any) -> Seconds:
    return Seconds(dynamodb)


def test_a_second_takes_so_many_and_keeps_one_for_who_goes_first(seconds: Seconds):
    assert [seconds.asks() for _ in range(9)] == [None] * 9
    assert (seconds.asks() or timedelta()) > pace.BURST
    late = [seconds.asks(had_turn=True) for _ in range(9)]
    assert late[0] == pace.STANDS_BACK
    assert late[-1] == 8 * pace.late_step(10)  # these have a line of their own
    assert seconds.asks(first=True) is None
    assert seconds.asks(first=True) == pace.FIRST_STANDS_BACK
    assert seconds.asks(channel="wechat") is None  # each channel for itself
    seconds.now += timedelta(seconds=1)
    assert seconds.asks(first=True) is None


def test_whoever_is_too_many_gets_a_turn_of_their_own(seconds: Seconds):
    backs = [seconds.asks() for _ in range(100)]
    turns = [back for back in backs if back is not None and back > pace.BURST]
    assert turns == sorted(set(turns))
    seconds.now += turns[-1]
    assert seconds.asks(had_turn=True) is None
    assert [seconds.asks(had_turn=True) for _ in range(8)] == [None] * 8
    assert seconds.asks(had_turn=True) == pace.STANDS_BACK


def test_a_line_that_nobody_stands_in_is_no_line(seconds: Seconds):
    for _ in range(50):
        seconds.asks()
    seconds.now += timedelta(minutes=1)
    assert seconds.asks() is None


class Crowded:
    """Before each call of somebody, somebody else stands up in the same line."""

    def __init__(self, store: Any, others: Throughput) -> None:
        self.store, self.others = store, others
        self.turns: list[timedelta | None] = []

    def __getattr__(self, name: str) -> Any:
        self.turns.append(self.others.stands_back("default", "sms", 1))
        return getattr(self.store, name)


@pytest.mark.parametrize("stand_already", [0, 5])
def test_many_who_stand_up_at_once_do_not_keep_one_another_out(dynamodb: Any, stand_already: int):
    calm = Seconds(dynamodb)
    for _ in range(stand_already):
        calm.asks(1)
    crowd = Crowded(dynamodb, calm.throughput)
    mine = Throughput(crowd, PROFILES, now=lambda: NOON).stands_back("default", "sms", 1)
    turns = [turn for turn in (*crowd.turns, mine) if turn is not None and turn > pace.BURST]
    assert mine is not None
    assert mine > pace.BURST
    assert len(turns) == len(set(turns))
    assert len(crowd.turns) <= 2


@given(st.integers(1, 10_000))
def test_the_line_is_no_faster_than_its_places(per_second: int):
    left = per_second - pace.places(per_second, first=False)
    assert left >= (per_second > 1)
    assert pace.places(per_second, first=True) == per_second
    turns = timedelta(seconds=1) / pace.step(per_second)
    late = timedelta(seconds=1) / pace.late_step(per_second)
    assert turns + late <= pace.places(per_second, first=False) or per_second == 1
    assert turns > per_second * 0.4


@pytest.mark.parametrize("seed", range(5))
def test_whoever_goes_first_never_waits_long_however_many_stand_in_line(seed: int):
    """Turns come late or early by a second, as a queue brings them."""
    draw = random.Random(seed)
    per_second = draw.choice([1, 2, 5, 10, 20])
    seconds = Seconds(TinyStore())
    waiting: list[tuple[datetime, bool]] = [(NOON, False)] * (per_second * 60)
    taken: Counter[datetime] = Counter()
    looks = 0
    while waiting:
        waiting.sort(key=lambda one: one[0])
        at, had_turn = waiting.pop(0)
        seconds.now = max(seconds.now, at)
        looks += 1
        back = seconds.asks(per_second, had_turn=had_turn)
        if back is None:
            taken[seconds.now.replace(microsecond=0)] += 1
        else:
            late = timedelta(seconds=draw.random())
            waiting.append((seconds.now + back + late, True))
        if looks % 50 == 0:
            begun, tries = seconds.now, 1
            while back := seconds.asks(per_second, first=True):
                seconds.now += back
                tries += 1
            taken[seconds.now.replace(microsecond=0)] += 1
            assert tries <= 2
            assert seconds.now - begun <= pace.FIRST_STANDS_BACK
    assert max(taken.values()) <= per_second
    assert looks <= 4 * per_second * 60
    needed = per_second * 60 / pace.places(per_second, first=False)
    assert len(taken) <= ceil(needed * 1.25) + 10  # of those places nearly all are used
