"""The table of people is deleted; step by step as docs/recovery.md says, it is made again.

Everything is as on AWS: the table goes with its stream, readers get a new one, and the function
that replays reads what Firehose has written. Row by row, people are then what they were.
"""

import time
from datetime import UTC, datetime, timedelta
from pprint import pformat
from uuid import uuid4

import httpx
import pytest

from infra.local.stack import ENGINE_STACK
from shared.aws.athena import Athena
from shared.aws.items import from_item
from tests.functions.replay_lake.comparing import by_person, people_of
from tests.scenarios.admin import CATALOG_SECONDS
from tests.scenarios.operating import Operator

pytestmark = [pytest.mark.stack, pytest.mark.nightly]

PATIENCE = 400.0
PEOPLE = 12
DAYS = 4
HELD = ("MergeIdentity", "WakeEnrolments", "DispatchMessage", "AdvanceJourneys")
READERS = ("UpdateTags", "WriteLake")
DEFINITIONS = (
    {
        "kind": "segment",
        "segment_id": "restored-buyers",
        "title": "Ordered twice or more",
        "condition": {"type": "event", "event": "order_completed", "times": 2, "within_days": 90},
    },
    {
        "kind": "segment",
        "segment_id": "restored-shanghai",
        "title": "Lives in Shanghai",
        "condition": {"type": "trait", "trait": "city", "operator": "one_of", "value": ["上海"]},
    },
    {
        "kind": "tag",
        "tag_id": "restored-likes",
        "title": "Likes most",
        "category": "behaviour/buying",
        "family": "behaviour",
        "how": {
            "type": "favourite",
            "event": "order_completed",
            "property": "category",
            "within_days": 90,
        },
    },
)


def test_a_table_that_was_deleted_becomes_what_it_was_row_by_row(stack, admin, write_key):
    admin.apply(*DEFINITIONS)
    operator, run = Operator(stack), uuid4().hex[:8]
    events = [event for number in range(PEOPLE) for event in past_of(f"restored-{run}-{number}")]
    send(stack, write_key, events)
    send(stack, write_key, events[::3])  # some once more, and out of order
    operator.says("suppression", "add", "email", f"restored-{run}-0@example.com")
    admin.until(lambda: all_arrived(stack, run, {event["messageId"] for event in events}), PATIENCE)
    admin.until(lambda: is_still(lambda: people_of(rows(stack))), PATIENCE)
    before = people_of(rows(stack))
    kinds = {key.split()[-1].split("#")[0] for key in before}
    assert kinds >= {"PROFILE", "STATE", "EVT", "CNT", "SEG", "TAG", "CONSENT", "AGREED"}

    lose_the_table(stack, operator)
    assert rows(stack) == []
    said = operator.says("restore", "replay", "--name", run)
    assert "done" in said, said
    admin.until(lambda: is_still(lambda: people_of(rows(stack))), PATIENCE)
    found = differences(by_person(before), by_person(people_of(rows(stack))))
    assert not found, pformat(found)
    operator.says("restore", "end")
    switch(stack, on=True)

    # And it goes on: what comes in now finds the people that there were.
    send(stack, write_key, [order(f"restored-{run}-1", 99, datetime.now(UTC))])
    admin.until(lambda: "restored-buyers" in segments(admin, f"restored-{run}-1"), PATIENCE)
    told = [one["message_id"] for one in admin.timeline(f"restored-{run}-1")]
    sent = [one["messageId"] for one in past_of(f"restored-{run}-1")]
    # Beside what was sent, the timeline tells what Rapport itself said of the consent.
    assert sorted(one for one in told if one.startswith("restored-")) == sorted(
        [*sent, f"restored-{run}-1-order-99"]
    )


# --- what people did ------------------------------------------------------------------------------


def past_of(user_id):
    """On a device first, then by name; some order, some move, some agree and some refuse."""
    number = int(user_id.rpartition("-")[2])
    at = datetime.now(UTC) - timedelta(days=DAYS, minutes=number)
    device = f"{user_id}-device"
    past = [
        {
            "type": "page",
            "anonymousId": device,
            "messageId": f"{user_id}-page-{day}",
            "timestamp": (at + timedelta(days=day)).isoformat(),
        }
        for day in range(2)
    ]
    past.append(
        {
            "type": "identify",
            "userId": user_id,
            "anonymousId": device,
            "messageId": f"{user_id}-identify",
            "timestamp": (at + timedelta(days=2)).isoformat(),
            "traits": {
                "email": f"{user_id}@example.com",
                "city": ("上海", "北京", "广州")[number % 3],
            },
            "context": {"consent": {"categoryPreferences": {"marketing": number % 4 != 0}}},
        }
    )
    times = number % 4
    return past + [order(user_id, n, at + timedelta(days=2, hours=n + 1)) for n in range(times)]


def order(user_id, number, at):
    return {
        "type": "track",
        "event": "order_completed",
        "userId": user_id,
        "messageId": f"{user_id}-order-{number}",
        "timestamp": at.isoformat(),
        "properties": {"revenue": 10.5 + number, "category": ("tea", "shoes")[number % 2]},
    }


def send(stack, write_key, events):
    for start in range(0, len(events), 25):
        part = events[start : start + 25]
        answer = httpx.post(
            f"{stack.api_url}/v1/batch", json={"batch": part}, auth=(write_key, ""), timeout=60
        )
        assert answer.json().get("accepted") == len(part), answer.text


def segments(admin, user_id):
    known = admin.profile("user_id", user_id)
    return {one["segment_id"] for one in known["memberships"] if one["member"]}


# --- what there is --------------------------------------------------------------------------------


def all_arrived(stack, run, wanted):
    """Whether the lake holds every event."""
    athena = Athena(stack.client("athena"), stack.outputs["LakeWorkgroup"])
    found = athena.query(
        f"SELECT message_id FROM people_events WHERE message_id LIKE 'restored-{run}-%'"
    )
    return {row["message_id"] for row in found} == wanted


def rows(stack):
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.outputs["ProfilesTable"], ConsistentRead=True)
    )
    return [from_item(item) for page in pages for item in page["Items"]]


def is_still(look):
    """Whether nothing changes for some seconds."""
    seen = look()
    time.sleep(8)
    return look() == seen


def differences(before, after):
    return {
        key: (before.get(key), after.get(key))
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }


# --- docs/recovery.md, step by step ---------------------------------------------------------------


def lose_the_table(stack, operator):
    """Steps 1 to 3, with nothing left to restore from."""
    switch(stack, on=False)
    operator.says("restore", "begin")
    time.sleep(CATALOG_SECONDS)
    dynamodb, name = stack.client("dynamodb"), stack.outputs["ProfilesTable"]
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("pk", "sk", "pin")
        ],
        KeySchema=key_schema("pk", "sk"),
        LocalSecondaryIndexes=[
            {
                "IndexName": "pin",
                "KeySchema": key_schema("pk", "pin"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    dynamodb.update_table(
        TableName=name,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    dynamodb.update_time_to_live(
        TableName=name,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
    )
    dynamodb.update_continuous_backups(
        TableName=name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    stream = dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    functions = stack.client("lambda")
    for old in mappings(stack, READERS):
        made = {
            key: old[key]
            for key in (
                *("BatchSize", "MaximumBatchingWindowInSeconds", "BisectBatchOnFunctionError"),
                *("MaximumRetryAttempts", "ParallelizationFactor", "FunctionResponseTypes"),
                *("FilterCriteria", "DestinationConfig"),
            )
            if old.get(key)
        }
        functions.delete_event_source_mapping(UUID=old["UUID"])
        functions.create_event_source_mapping(
            FunctionName=old["FunctionArn"],
            EventSourceArn=stream,
            StartingPosition="TRIM_HORIZON",
            **made,
        )


def key_schema(partition, sort):
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def switch(stack, *, on):
    """Turn on or off what would act on people meanwhile."""
    functions, events = stack.client("lambda"), stack.client("events")
    for one in mappings(stack, HELD):
        functions.update_event_source_mapping(UUID=one["UUID"], Enabled=on)
    for rule in events.list_rules()["Rules"]:
        if rule["Name"].startswith(ENGINE_STACK) and "EveryMinute" in rule["Name"]:
            change = events.enable_rule if on else events.disable_rule
            change(Name=rule["Name"])


def mappings(stack, functions):
    """The triggers of these functions; each has one at least."""
    pages = stack.client("lambda").get_paginator("list_event_source_mappings").paginate()
    found = [one for page in pages for one in page["EventSourceMappings"]]
    mine = [one for one in found if any(f":{ENGINE_STACK}-{name}" in one["FunctionArn"]
                                        for name in functions)]  # fmt: skip
    assert len(mine) >= len(functions), found
    return mine
