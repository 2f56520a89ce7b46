"""Goals and lifecycle moves over real rows: told once, and found whether told before or after."""

import pytest

from events.model import LifecycleChanged
from functions.advance_journeys.happened import happened_of
from shared.aws import keys
from shared.aws.happenings import HappeningsReader
from shared.aws.items import to_item
from shared.aws.membership_store import MembershipStore
from shared.domain.identity.person import Person
from shared.domain.instants import format_instant
from shared.domain.journeys.entry import enters
from shared.domain.journeys.triggers import stage_trigger
from tests.conftest import PROFILES_TABLE
from tests.domain.journeys.memory import journey
from tests.functions.advance_journeys.world import NOON, WATCHED, World, later

WAKING = {
    "type": "wait_for",
    "name": "watch",
    "events": [{"stage": "active"}],
    "timeout": "P7D",
    "on_timeout": "end",
}
EDGES = ("entered", "left")
MAIL = {"type": "send", "name": "thank", "template_id": "thanks"}


@pytest.fixture
def world(dynamodb) -> World:
    return World(dynamodb)


def publish(world: World, *steps, **more) -> None:
    definition = {**WATCHED.model_dump(mode="json"), "exit_on": [], "steps": steps, **more}
    world.publish(WATCHED.model_validate(definition))


def changed(before: str, after: str, hours: int) -> LifecycleChanged:
    return LifecycleChanged(
        event_id="x",
        workspace_id="default",
        profile_id="ada",
        occurred_at=later(hours=hours),
        stage_before=before,
        stage_after=after,
    )


def stand(world: World, *stages: tuple[str, int]) -> None:
    """Let Ada have stood in these stages, each since an hour of the day; the last is now's."""
    pk = keys.person("default", "ada")
    for stage, hour in stages[:-1]:
        row = {"pk": pk, "sk": keys.stage(later(hours=hour)), "stage": stage}
        world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
    stage, hour = stages[-1]
    at = format_instant(NOON)
    row = {"pk": pk, "sk": keys.STATE, "first_seen_at": at, "last_seen_at": at, "events": 1}
    row |= {"stage": stage, "stage_since": format_instant(later(hours=hour)), "position": ""}
    world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))


def test_a_goal_is_told_once_in_the_timeline_by_the_change_that_reached_it(world, make_event):
    publish(world, WAKING, MAIL, goal={"event": "paid", "within": "P7D"})
    cart, paid = make_event("cart"), make_event("paid", at=later(hours=5))
    world.happens(cart)
    world.run(cart, "watch", "listen", "the token")
    world.happens(paid)
    world.deliver(paid)
    world.deliver(make_event("paid", at=later(hours=6)))
    world.tell()
    [told] = [row for row in world.rows() if row.get("name") == "$journey_goal"]
    assert told["occurred_at"] == format_instant(min(later(hours=5), world.now))
    assert world.enrolment(cart).goal_at == later(hours=5)
    assert world.enrolment(cart).phase == "waiting"
    assert world.machines.redeemed == {}


def test_a_move_to_a_stage_ends_a_wait_whether_it_comes_before_or_after(world, make_event):
    publish(world, WAKING, MAIL)
    cart = make_event("cart")
    moves = happened_of(changed("dormant", "active", 2))
    assert [one.trigger for one in moves] == ["lifecycle:left:dormant", "lifecycle:entered:active"]
    for early in (False, True):
        world.forget()
        world.happens(cart)
        if early:
            stand(world, ("new", -9), ("dormant", 1), ("active", 2), ("dormant", 3))
        world.run(cart, "watch", "listen", "the token")
        assert ("the token" in world.machines.redeemed) is early
        for move in moves:
            world.functions()[0].take_in("default", "ada", move)
        assert world.machines.redeemed["the token"]["next"] == "thank"
        assert world.enrolment(cart).trace[-1].fact == moves[1].fact_id


def test_every_move_that_was_made_is_found_afterwards_under_the_name_it_is_told_by(world):
    stand(world, ("new", -9), ("dormant", 1), ("active", 2))
    memberships = MembershipStore(world.dynamodb, PROFILES_TABLE)
    reader = HappeningsReader(world.dynamodb, PROFILES_TABLE, memberships)
    ada = Person("default", "ada", ("ada",), ("ada",))
    triggers = [stage_trigger(one, edge) for one in ("dormant", "new") for edge in EDGES]
    told = [
        *happened_of(changed("new", "dormant", 1)),
        *happened_of(changed("dormant", "active", 2)),
    ]
    wanted = sorted(
        (one for one in told if one.trigger in triggers),
        key=lambda one: (one.occurred_at, one.fact_id),
    )
    assert list(reader.since(ada, triggers, NOON)) == wanted
    assert list(reader.since(ada, triggers, later(hours=2))) == wanted[-1:]


def test_people_enter_by_a_stage_that_they_come_to_or_leave():
    step = {"type": "wait", "name": "a day", "duration": "P1D"}
    asleep = journey(step, entry={"type": "lifecycle", "stage": "dormant"})
    awake = journey(step, entry={"type": "lifecycle", "stage": "dormant", "edge": "left"})
    came, went = changed("at_risk", "dormant", 0), changed("dormant", "active", 1)
    found = [
        [any(enters(one, move) for move in happened_of(fact)) for fact in (came, went)]
        for one in (asleep, awake)
    ]
    assert found == [[True, False], [False, True]]
