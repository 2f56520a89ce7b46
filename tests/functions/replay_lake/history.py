"""A month of a few people: who merge, part, agree, refuse, are tagged, leave and come back."""

from datetime import datetime, timedelta
from typing import Any

from shared.domain.consents.model import Decision, Scope
from shared.domain.identity.graph import Identifier
from tests.conftest import NOON
from tests.functions.replay_lake.world import World

USERS = ("ada", "bob", "cem", "dao")
TAGS = {
    "tier": {"type": "manual"},
    "likes": {"type": "favourite", "event": "order", "property": "category", "within_days": 90},
}


def user(name: str) -> Identifier:
    return Identifier("user_id", name)


def device(name: str) -> Identifier:
    return Identifier("anonymous_id", name)


def visits(world: World, day: int) -> list[Any]:
    """What people do on a day: on their devices before and after they say who they are."""
    at = NOON + timedelta(days=day)
    events = []
    for place, name in enumerate(USERS):
        when = at + timedelta(minutes=place)
        events.append(world.make_event("page", at=when, anonymous_id=f"a-{name}"))
        if (day + place) % 3 == 0:
            order = {"category": ("shoes", "tea")[day % 2], "revenue": 10 + day}
            events.append(
                world.make_event(
                    "order", at=when + timedelta(seconds=9), user_id=name, properties=order
                )
            )
        if (day + place) % 4 == 1:
            events.append(_identify(world, when + timedelta(seconds=20), name, day))
    return events


def _identify(world: World, at: datetime, name: str, day: int) -> Any:
    return world.make_event(
        "$identify",
        at=at,
        type="identify",
        user_id=name,
        anonymous_id=f"a-{name}",
        traits={"city": ("上海", "北京")[day % 2], "email": f"{name}@example.com"},
        server=True,
        context={"consent": {"decisions": [{"purpose": "marketing", "granted": day % 3 != 0}]}},
    )


def says(world: World, name: str, **consent: Any) -> Any:
    return world.make_event(
        "note", at=world.now, user_id=name, context={"consent": {"decisions": [consent]}}
    )


def first_half(world: World) -> None:
    """Devices, orders, sign-ins; two people share a device; an operator cuts and types in."""
    world.bench.catalog.kinds = dict(TAGS)
    for day in range(5):
        world.come_in(visits(world, day))
        world.flow()
        world.pass_time(1)
    # An import joins two users' numbers, which no event of a client could.
    pair = world.make_event(
        "$identify",
        at=world.now,
        type="identify",
        user_id="ada",
        context={"externalIds": [{"id": "card-7", "type": "member_id"}]},
    )
    world.come_in([pair], proof="import")
    world.come_in(
        [
            world.make_event(
                "swipe",
                at=world.now,
                context={"externalIds": [{"id": "card-7", "type": "member_id"}]},
            )
        ]
    )
    world.flow()
    world.cut(user("bob"), device("a-bob"))
    world.cut(user("cem"), device("a-cem"))
    world.flow()
    root = world.applying().identity.sightings("default", [user("dao")])[user("dao")].strand_id
    refusal = Decision(
        Scope("service"), False, world.now, "operator", "operator", detail="by phone"
    )
    world.applying().consents.decide("default", root, refusal)
    lists = world.suppressions()
    lists.put("default", "email", "x@example.com", reason="manual", source="operator", at=world.now)
    lists.put("default", "sms", "+8613800138000", reason="manual", source="operator", at=world.now)
    world.flow()


def second_half(world: World) -> None:
    """They go on; a cut is taken back, another one made; somebody replies that it is enough."""
    for day in range(6, 10):
        world.come_in(visits(world, day))
        world.flow()
        world.pass_time(1)
    world.mend(user("cem"), device("a-cem"))
    world.cut(user("dao"), device("a-dao"))
    world.suppressions().remove("default", "sms", "+8613800138000")
    stop = {"channel": "sms", "text": "退订", "address": "+8613900139000"}
    replied = world.make_event(
        "Message Replied", at=world.now, user_id="bob", properties=stop, server=True
    )
    world.come_in([replied, says(world, "cem", purpose="marketing", topic="sale", granted=True)])
    tagged = world.make_event(
        "$tagged",
        at=world.now,
        user_id="ada",
        source_id="rapport",
        server=True,
        properties={"tag_id": "tier", "value": "gold"},
    )
    world.come_in([tagged, world.make_event("page", at=world.now, anonymous_id="a-new")])
    world.flow()
