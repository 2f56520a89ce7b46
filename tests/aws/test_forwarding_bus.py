"""What is published goes to the bus and, where a destination wants it, into its own parcels."""

import json
from datetime import UTC, datetime

import pytest

from events.model import EventMatched, MatchedEvent, SegmentEntered
from shared.aws import keys, session
from shared.aws.catalog import CatalogReader
from shared.aws.forwarding_bus import ForwardingBus
from shared.aws.items import to_item
from shared.aws.queues import Queue
from shared.domain.outbound.parcels import Parcel

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def entered(number, workspace_id="shop"):
    return SegmentEntered(
        event_id=f"e{number}",
        workspace_id=workspace_id,
        occurred_at=NOON,
        profile_id="p1",
        segment_id="buyers",
        segment_version=1,
    )


def matched(number, name):
    return EventMatched(
        event_id=f"e{number}",
        workspace_id="shop",
        occurred_at=NOON,
        profile_id="p1",
        event=MatchedEvent(message_id=f"m{number}", name=name, received_at=NOON),
    )


@pytest.fixture
def world(dynamodb, catalog_table, make_queue):
    """The bus, and what stands in the queue of parcels."""
    session.client("events").create_event_bus(Name="rapport")
    url, sqs = make_queue("outbound"), session.client("sqs")
    version = {"pk": keys.catalog("shop"), "sk": keys.CATALOG_VERSION, "n": 1}
    dynamodb.put_item(TableName=catalog_table, Item=to_item(version))
    catalog = CatalogReader(dynamodb, catalog_table, ttl_seconds=0)
    bus = ForwardingBus(session.client("events"), "rapport", catalog, Queue(sqs, url))

    def wish(destination_id, **fields):
        to = {"type": "s3", "bucket": "rapport-out-lake"}
        body = {"destination_id": destination_id, "to": to, **fields}
        row = {"pk": keys.catalog("shop"), "sk": keys.definition("DESTINATION", destination_id)}
        item = to_item({**row, "body": json.dumps(body), "version": 1})
        dynamodb.put_item(TableName=catalog_table, Item=item)
        dynamodb.update_item(
            TableName=catalog_table,
            Key=to_item({"pk": keys.catalog("shop"), "sk": keys.CATALOG_VERSION}),
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def queued():
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        read = [Parcel.from_body(message["Body"]) for message in found]
        return {each.destination_id: [e["event_id"] for e in each.events] for each in read}

    return bus, wish, queued


def test_nothing_is_queued_where_nothing_is_wanted(world):
    bus, wish, queued = world
    bus.publish([entered(1), matched(2, "cart")])
    wish("crm", facts=["TagChanged"], events=["order_paid"])
    bus.publish([entered(1), matched(2, "cart")])

    assert queued() == {}


def test_each_destination_has_what_it_wants_of_its_own_workspace(world):
    bus, wish, queued = world
    wish("crm", facts=["SegmentEntered"])
    wish("lake", facts=["SegmentEntered"], events=["cart"])
    bus.publish([entered(1), matched(2, "cart"), matched(3, "page"), entered(4, "other")])

    assert queued() == {"crm": ["e1"], "lake": ["e1", "e2"]}
