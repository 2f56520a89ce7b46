"""In whatever order somebody's strands met, a replay makes the same person, if not by one id."""

import random
from datetime import timedelta

import pytest

from tests.conftest import NOON
from tests.functions.replay_lake.comparing import by_person, people_of
from tests.functions.replay_lake.world import World


def past(make_event):
    """On a device, by name, and then both at once."""
    at = NOON + timedelta(days=2)
    consent = {"consent": {"categoryPreferences": {"marketing": True}}}
    orders = [
        make_event("order", at=at + timedelta(hours=n), user_id="ada", properties={"revenue": n})
        for n in (1, 2)
    ]
    both = make_event(
        "$identify",
        at=at,
        type="identify",
        user_id="ada",
        anonymous_id="a-ada",
        traits={"city": "上海", "email": "ada@example.com"},
        context=consent,
    )
    return [*(make_event("page", at=NOON, anonymous_id="a-ada") for _ in range(2)), both, *orders]


@pytest.mark.parametrize("seed", range(6))
def test_the_person_is_the_same_whoever_answers(make_event, seed):
    world = World(make_event)
    world.now = NOON + timedelta(days=4)
    events = past(make_event)
    random.Random(seed).shuffle(events)
    for event in events:
        world.come_in([event])
    world.flow()
    world.settle()
    before = by_person(people_of(world.rows()))
    world.lose()
    world.bench.catalog.restoring = True
    assert world.replay().is_done
    world.flow()
    world.settle()
    assert by_person(people_of(world.rows())) == before
