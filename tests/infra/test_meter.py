"""The meter of the bench counts what AWS would bill, each call once."""

import json

import botocore.session
import pytest
from moto import mock_aws

from benchmarks.meter import Meter, price

TABLE = "t"


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield botocore.session.get_session()


@pytest.fixture
def meter(session):
    meter = Meter()
    meter.attach(session)
    return meter


def entry(detail):
    return {"Source": "s", "DetailType": "t", "Detail": json.dumps(detail)}


@pytest.mark.parametrize(("size", "units"), [(10, 1), (60_000, 1), (70_000, 2), (200_000, 4)])
def test_an_entry_of_the_bus_is_billed_once_for_each_64_kb(session, meter, size, units):
    session.create_client("events").put_events(Entries=[entry({"x": "y" * size})])
    assert meter.calls == {"events.PutEvents": 1}
    assert meter.units == {"eventbridge_event_64kb": units}
    assert len(meter.told) == 1


def test_a_call_of_the_queue_is_one_request_however_many_messages_it_takes(session, meter):
    sqs = session.create_client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    meter.reset()
    bodies = [{"Id": str(n), "MessageBody": "x"} for n in range(10)]
    sqs.send_message_batch(QueueUrl=url, Entries=bodies)
    assert meter.units == {"sqs_request_64kb": 1}


def test_reads_are_billed_by_4_kb_and_by_half_when_they_may_be_old(session, meter):
    dynamodb = session.create_client("dynamodb")
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = {"pk": {"S": "a"}}
    dynamodb.put_item(TableName=TABLE, Item={**key, "x": {"S": "y" * 5_000}})
    meter.reset()
    dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)
    assert meter.units == {"dynamodb_read_unit": 2}
    dynamodb.get_item(TableName=TABLE, Key=key)
    assert meter.units == {"dynamodb_read_unit": 3}
    assert meter.usd() == pytest.approx(3 * price("dynamodb_read_unit"))
