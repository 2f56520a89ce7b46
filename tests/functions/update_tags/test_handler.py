import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine

from events.model import DOMAIN_EVENT
from functions.update_tags import handler
from functions.update_tags.wiring import wiring
from shared.aws import keys, session
from shared.aws.items import to_item
from shared.aws.state_store import StateStore
from shared.domain.due.batches import Batch, encode
from shared.errors import TransientError
from tests.conftest import NOON
from tests.functions.update_tags.catalogs import JOURNEY, SEGMENTS

SAMPLE = json.loads((Path(__file__).parent / "samples" / "stream_batch.json").read_text())
PERSON = ("default", "9f8c2f0a6d1b4e57a3c0d2e4f6a8b0c1")
CONTEXT = SimpleNamespace(
    function_name="update_tags",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:update_tags",
    aws_request_id="request",
)


@pytest.fixture
def told(dynamodb, profiles_table, catalog_table, make_queue, monkeypatch):
    """The deployed function over mocked services; gives what reaches a queue behind the bus."""
    names = {"PROFILES_TABLE": profiles_table, "CATALOG_TABLE": catalog_table}
    queues = {"DUE_QUEUE_URL": make_queue("due"), "OUTBOUND_QUEUE_URL": make_queue("outbound")}
    for name, value in {**names, **queues, "BUS_NAME": "rapport"}.items():
        monkeypatch.setenv(name, value)
    catalog = {"pk": keys.catalog("default")}
    segment = {"segment_id": "shanghai", "title": "上海", "condition": SEGMENTS["shanghai"]}
    journey_id, version = JOURNEY.journey_id, 1
    history = keys.definition_version("default", "JOURNEY", journey_id, version)
    for row in (
        {**catalog, "sk": keys.CATALOG_VERSION, "n": 1},
        {
            **catalog,
            "sk": keys.definition("SEGMENT", "shanghai"),
            "body": json.dumps(segment),
            "version": 3,
        },
        {
            **catalog,
            "sk": keys.definition("JOURNEY", journey_id),
            "status": "published",
            "published_version": version,
        },
        {**history._asdict(), "body": JOURNEY.model_dump_json(), "version": version},
    ):
        dynamodb.put_item(TableName=catalog_table, Item=to_item(row))
    profile = SAMPLE["Records"][0]["dynamodb"]["NewImage"]
    dynamodb.put_item(TableName=profiles_table, Item=profile)

    url = make_queue("behind-the-bus")
    events, sqs = session.client("events"), session.client("sqs")
    events.create_event_bus(Name="rapport")
    pattern = json.dumps({"source": ["rapport"]})
    events.put_rule(Name="all", EventBusName="rapport", EventPattern=pattern)
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="all", EventBusName="rapport", Targets=[target])
    wiring.cache_clear()

    def receive():
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        envelopes = [json.loads(message["Body"]) for message in found]
        facts = [DOMAIN_EVENT.validate_python(each["detail"]) for each in envelopes]
        assert [each["detail-type"] for each in envelopes] == [fact.name for fact in facts]
        return facts

    yield receive
    wiring.cache_clear()


def test_a_batch_of_the_stream_is_folded_judged_and_told(told, dynamodb, profiles_table, capsys):
    assert handler.handle(SAMPLE, CONTEXT) is None

    assert StateStore(dynamodb, profiles_table).state(*PERSON).events == 2
    facts = {fact.name: fact for fact in told()}
    assert set(facts) == {"EventMatched", "LifecycleChanged", "SegmentEntered"}
    assert facts["EventMatched"].event.name == "cart"
    assert facts["EventMatched"].event.properties == {"sku": "lamp-7", "价格": 129.5}
    assert facts["SegmentEntered"].segment_version == 3
    assert '"SegmentEnteredPublished":[1.0]' in capsys.readouterr().out.replace(" ", "")


def test_a_batch_in_which_anybody_failed_comes_again_as_a_whole(told, caplog):
    broken = json.loads(json.dumps(SAMPLE))
    broken["Records"][1]["dynamodb"]["NewImage"]["body"]["S"] = "{}"

    with pytest.raises(TransientError, match="1 of 1 people"):
        handler.handle(broken, CONTEXT)

    assert told() == []


def test_a_batch_without_news_touches_nothing(told):
    assert handler.handle({"Records": SAMPLE["Records"][-1:]}, CONTEXT) is None

    assert told() == []


# --- who is due, and builds ---------------------------------------------------------------------


def stage_of(dynamodb, profiles_table):
    return StateStore(dynamodb, profiles_table).state(*PERSON).stage


def due(batch, message_id="m1"):
    return {"eventSource": "aws:sqs", "messageId": message_id, "body": encode(batch)}


@time_machine.travel(NOON)
def test_whoever_is_due_is_judged_at_that_instant_whatever_the_clock_says(
    told, dynamodb, profiles_table
):
    handler.handle(SAMPLE, CONTEXT)
    told()
    much_later = datetime(2036, 1, 1, tzinfo=UTC)
    batch = Batch(PERSON[0], (PERSON[1], "nobody"), much_later)

    answer = handler.handle({"Records": [due(batch)]}, CONTEXT)

    assert answer == {"batchItemFailures": []}
    assert stage_of(dynamodb, profiles_table) == "lost"
    assert [(fact.name, fact.occurred_at) for fact in told()] == [("LifecycleChanged", much_later)]


def test_only_messages_that_failed_come_again(told, dynamodb, profiles_table):
    handler.handle(SAMPLE, CONTEXT)
    key = to_item({"pk": keys.person(*PERSON), "sk": keys.PROFILE})
    dynamodb.update_item(
        TableName=profiles_table,
        Key=key,
        UpdateExpression="SET graph = :none",
        ExpressionAttributeValues=to_item({":none": "no JSON"}),
    )
    now = datetime(2036, 1, 1, tzinfo=UTC)
    good, bad = Batch(PERSON[0], ("nobody",), now), Batch(*PERSON[:1], PERSON[1:], now)

    answer = handler.handle({"Records": [due(good, "good"), due(bad, "bad")]}, CONTEXT)

    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}


def test_a_build_is_told_how_many_are_members_and_for_whom_there_is_no_hope(
    told, dynamodb, profiles_table, catalog_table
):
    handler.handle(SAMPLE, CONTEXT)
    built_again = {
        "pk": keys.catalog("default"),
        "sk": keys.definition("SEGMENT", "shanghai"),
        "body": json.dumps(
            {"segment_id": "shanghai", "title": "上海", "condition": SEGMENTS["shanghai"]}
        ),
        "version": 4,
        "build": 2,
    }
    version = {"pk": keys.catalog("default"), "sk": keys.CATALOG_VERSION, "n": 2}
    for row in (built_again, version):
        dynamodb.put_item(TableName=catalog_table, Item=to_item(row))
    wiring.cache_clear()
    broken = {"pk": keys.person("default", "broken"), "sk": keys.PROFILE, "graph": "no JSON"}
    dynamodb.put_item(TableName=profiles_table, Item=to_item(broken))

    people = {"workspace_id": "default", "profile_ids": [PERSON[1], "broken", "nobody"]}
    answer = handler.handle(people, CONTEXT)

    assert answer == {"people": 3, "failed": ["broken"], "members": {"shanghai": 1}}
    assert json.dumps(answer)


def test_a_build_whose_people_failed_for_now_comes_again(told, dynamodb, profiles_table):
    handler.handle(SAMPLE, CONTEXT)
    dynamodb.delete_table(TableName=profiles_table)

    with pytest.raises(TransientError, match="1 of 1 people"):
        handler.handle({"workspace_id": PERSON[0], "profile_ids": [PERSON[1]]}, CONTEXT)
