"""S27: a CRM's bus and a warehouse's bucket follow what happens; a broken one holds up nobody."""

import json
from uuid import uuid4

import pytest
import segment.analytics.client as segment

pytestmark = pytest.mark.stack
BUCKET = "rapport-out-warehouse"
BIG_SPENDERS = {
    "kind": "segment",
    "segment_id": "s27-spenders",
    "title": "Big spenders",
    "condition": {"type": "event", "event": "s27_order", "times": 2},
}


class Crm:
    """The customer's own bus, and everything that has come out of it."""

    def __init__(self, stack):
        self.sqs, events = stack.client("sqs"), stack.client("events")
        self.arn = events.create_event_bus(Name="s27-crm")["EventBusArn"]
        self.url = self.sqs.create_queue(QueueName="s27-crm")["QueueUrl"]
        queue = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        pattern = json.dumps({"source": ["rapport"]})
        events.put_rule(Name="s27", EventBusName="s27-crm", EventPattern=pattern)
        target = {"Id": "1", "Arn": queue["Attributes"]["QueueArn"]}
        events.put_targets(Rule="s27", EventBusName="s27-crm", Targets=[target])
        self.heard = []

    def listen(self):
        answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", ()):
            self.heard.append(json.loads(message["Body"]))
            self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.heard


@pytest.fixture(scope="module")
def crm(stack):
    return Crm(stack)


@pytest.fixture(scope="module")
def warehouse(stack):
    s3 = stack.client("s3")
    s3.create_bucket(Bucket=BUCKET)

    def events():
        listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        texts = (s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed)
        return [json.loads(line) for text in texts for line in text.splitlines()]

    return events


def is_ours(fact):
    """Not of definitions that other scenarios have left on the stack."""
    return fact["name"] == "EventMatched" or fact.get("segment_id") == "s27-spenders"


def test_a_crm_and_a_warehouse_follow_what_happens(stack, admin, write_key, crm, warehouse):
    destinations = {
        "s27-crm": {
            "facts": ["SegmentEntered"],
            "events": ["s27_order"],
            "to": {"type": "event_bus", "arn": crm.arn},
        },
        "s27-lake": {
            "facts": ["SegmentEntered", "TagChanged"],
            "to": {"type": "s3", "bucket": BUCKET, "prefix": "rapport/"},
        },
        # Nobody may be called there: it fails for as long as it stands.
        "s27-broken": {
            "facts": ["SegmentEntered"],
            "to": {"type": "webhook", "url": "https://127.0.0.1/hook"},
        },
    }
    for name, destination in destinations.items():
        admin.call("PUT", f"/destinations/{name}", {"destination_id": name, **destination})
    admin.apply(BIG_SPENDERS)
    user_id = f"s27-{uuid4().hex[:8]}"
    client = segment.Client(write_key, host=stack.api_url, sync_mode=True, timeout=60)
    for value in (40, 2):
        client.track(user_id, "s27_order", {"value": value})
    client.flush()

    admin.until(lambda: admin.known("user_id", user_id))
    profile_id = admin.profile("user_id", user_id)["profile_id"]

    def told():
        mine = [e["detail"] for e in crm.listen() if e["detail"]["profile_id"] == profile_id]
        return {detail["event_id"]: detail for detail in mine if is_ours(detail)}

    admin.until(lambda: len(told()) == 3)
    orders = [each["event"] for each in told().values() if each["name"] == "EventMatched"]
    assert sorted(order["properties"]["value"] for order in orders) == [2, 40]
    (entered,) = (each for each in told().values() if each["name"] == "SegmentEntered")
    assert entered["segment_id"] == "s27-spenders"

    def stored():
        return [one for one in warehouse() if one["profile_id"] == profile_id and is_ours(one)]

    admin.until(lambda: bool(stored()))
    assert {(each["name"], each["event_id"]) for each in stored()} == {
        ("SegmentEntered", entered["event_id"])
    }
    for name in destinations:
        admin.call("DELETE", f"/destinations/{name}")
