"""What no story of the shop asks of the stack: a limit of a source, reviews of identity."""

import httpx
import pytest

from shared.aws import keys

pytestmark = pytest.mark.stack


def test_what_a_source_with_a_limit_sends_is_counted(stack, admin):
    wanted = {"source_id": "limited", "events_per_minute": 2_500}
    key = admin.call("POST", "/write-keys", wanted)["write_key"]
    event = {"type": "track", "event": "limited", "userId": "rare-1"}
    body, address = {"batch": [event] * 3}, f"{stack.api_url}/v1/batch"

    assert httpx.post(address, json=body, auth=(key, ""), timeout=60).status_code == 200

    rates = stack.client("dynamodb").query(
        TableName=stack.outputs["CatalogTable"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": keys.rates("default", "limited")}},
    )
    assert rates["Count"] == 1
    admin.until(lambda: admin.known("user_id", "rare-1"))


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
