"""What no story of the shop asks of the stack: limits of sources, and reviews of identity."""

import httpx
import pytest

pytestmark = pytest.mark.stack


def test_a_source_that_sends_more_than_its_limit_is_held_back(stack, admin):
    wanted = {"source_id": "limited", "events_per_minute": 20}
    key = admin.call("POST", "/write-keys", wanted)["write_key"]

    def send(number):
        event = {"type": "track", "event": "limited", "userId": "rare-1"}
        body = {"batch": [event] * number}
        address = f"{stack.api_url}/v1/batch"
        return httpx.post(address, json=body, auth=(key, ""), timeout=60).status_code

    assert send(1) == 200
    assert send(21) == 429, "none of it is taken"
    admin.until(lambda: admin.known("user_id", "rare-1"))
    assert len(admin.timeline("rare-1")) == 1


def test_rules_of_identity_are_tried_and_adopted_on_everybody(admin, person):
    person(first_name="Rare")
    in_force = admin.call("GET", "/identity/rules")["rules"]

    def reviewed(**asked):
        made = admin.call("POST", "/identity/reviews", asked)["review"]

        def now():
            return admin.call("GET", f"/identity/reviews/{made['review_id']}")["review"]

        admin.until(lambda: now()["stage"] == "done")
        return now()

    report = reviewed(purpose="trial", rules=in_force)["report"]
    assert report["people_before"] == report["people_after"] > 0
    assert reviewed(purpose="adoption")["counts"].get("ProfilesSplit", 0) == 0
