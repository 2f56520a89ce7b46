"""A segment's own SQL, run by Athena over what came in by HTTP, finds the people it should."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from pydantic import TypeAdapter

from shared.aws.athena import Athena
from shared.domain.segments.condition import Condition
from shared.domain.segments.sql import members

pytestmark = pytest.mark.stack

ZONE = ZoneInfo("Asia/Shanghai")
READ = TypeAdapter(Condition)


def test_each_kind_of_condition_finds_its_people_in_the_lake(stack, admin, write_key):
    mark = f"sql-{uuid4().hex[:12]}"
    now = datetime.now(UTC)
    asked = now + timedelta(hours=1)  # at the turn of a month it may lie in the next one
    buyer, looker = f"{mark}-buyer", f"{mark}-looker"
    cart, order = f"{mark} cart", f"{mark} order's"
    last_month = asked.astimezone(ZONE).replace(day=1, hour=12) - timedelta(days=10)
    before = last_month.replace(day=1) - timedelta(days=10)

    def did(user_id, name, at, **properties):
        return {"type": "track", "userId": user_id, "event": name, "timestamp": at.isoformat(),
                "properties": properties}  # fmt: skip

    sent = [
        did(buyer, cart, now - timedelta(hours=2)),
        did(buyer, order, now - timedelta(hours=1), amount=19.99, brand="茶"),
        did(buyer, order, last_month, amount=0.01, brand="茶"),
        *(did(buyer, order, before + timedelta(days=n), amount=20, brand="ink") for n in range(3)),
        did(looker, cart, now - timedelta(hours=3)),
        did(looker, cart, now - timedelta(days=100)),
        {"type": "identify", "userId": buyer, "traits": {"city": "上海", "born": "1990-05-17"}},
        {"type": "identify", "userId": looker, "traits": {"city": mark, "born": str(now.date())}},
    ]
    answer = httpx.post(
        f"{stack.api_url}/v1/batch", json={"batch": sent}, auth=(write_key, ""), timeout=60
    )
    assert answer.json()["accepted"] == len(sent), answer.text

    athena = Athena(stack.client("athena"), stack.outputs["LakeWorkgroup"])
    count = f"SELECT count(*) AS n FROM people_events WHERE user_id LIKE '{mark}%'"
    admin.until(lambda: athena.query(count) == [{"n": str(len(sent))}])
    names = {admin.profile("user_id", who)["profile_id"]: who for who in (buyer, looker)}

    def people(leaf):
        ours = {"type": "event", "event": cart}  # others are in the lake, too
        condition = READ.validate_python({"type": "all", "conditions": [ours, leaf]})
        rows = athena.query(members(condition, asked, ZONE, "default"))
        return {names[row["profile_id"]] for row in rows}

    ordered = {"event": order}
    brand = {"property": "brand", "operator": "equals", "value": "茶"}
    for leaf, expected in [
        ({"type": "trait", "trait": "city", "operator": "contains", "value": "上"}, {buyer}),
        ({"type": "event", "event": cart, "times": 2}, {looker}),
        ({"type": "event", **ordered, "comparison": "at_most", "times": 0}, {looker}),
        ({"type": "amount", **ordered, "aggregate": "sum", "property": "amount",
          "comparison": "exactly", "value": 80}, {buyer}),
        ({"type": "value", **ordered, "which": "first",
          "test": {**brand, "value": "ink"}}, {buyer}),
        ({"type": "favourite", **ordered, "test": brand, "within_days": 2}, {buyer}),
        ({"type": "ratio", "part": ordered, "whole": {"event": cart},
          "comparison": "at_least", "value": 2.5}, {buyer}),
        ({"type": "trend", **ordered, "direction": "falling", "periods": 1,
          "unit": "month"}, {buyer}),
        ({"type": "sequence", "steps": [{"event": cart}, {**ordered, "where": [brand]}],
          "within_seconds": 3_601}, {buyer}),
        ({"type": "event", "event": cart,
          "window": {"type": "before", "anchor": ordered, "which": "last", "seconds": 3_600}},
         {buyer}),
        ({"type": "activity", "about": "age_days", "comparison": "at_least", "value": 95},
         {looker}),
        ({"type": "date", "source": {"type": "trait", "trait": "born"}, "from_days": -1,
          "to_days": 1}, {looker}),
    ]:  # fmt: skip
        assert people(leaf) == expected, leaf
