"""The store in memory does what the mocked DynamoDB does, with every expression that we write."""

from itertools import product
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws.items import cancellation_reasons, from_item, to_item
from tests import doorstep
from tests.conftest import PROFILES_TABLE
from tests.crash.tiny_store import TinyStore

KEY = {"pk": "p", "sk": "s"}
ROWS: list[dict[str, Any] | None] = [
    None,
    {"status": "claimed", "version": 3, "left": 1, "open_until": "2026-11-22"},
    {
        "status": "requested",
        "version": 4,
        "left": 0,
        "ended_by": "goal",
        "enrolment_id": "e",
        "marks": {"a", "b", "c"},
    },
    {"status": "completed", "left": 2, "enrolment_id": "e", "ended_by": "exit_step"},
]
CONDITIONS = [
    "attribute_not_exists(pk)",
    "attribute_exists(pk) AND attribute_not_exists(erasing)",
    "attribute_not_exists(pk) OR #status IN (:claimed, :requested)",
    "#status IN (:requested) AND attribute_exists(left_over)",
    "enrolment_id = :e AND ((#status IN (:claimed, :completed) AND NOT ended_by = :goal)"
    " OR ended_by = :exit)",
    "NOT ended_by = :goal",
    "#version = :three",
    "#left > :none AND open_until > :day",
    "#left <> :none",
    "begins_with(open_until, :year)",
    "attribute_exists(enrolment_id) AND size(enrolment_id) < :three",
    "attribute_not_exists(marks) OR size(marks) >= :three",
    "#version BETWEEN :none AND :three",
    "(attribute_not_exists(pk) OR #version < :three) AND NOT #status = :claimed",
]
UPDATES = [
    "SET #status = :claimed, #version = :three REMOVE ended_by",
    "SET #version = #version + :three, #left = #left - :three",
    "ADD #version :three, fresh :three",
    "ADD marks :marks, seen :marks",
    "SET #left = if_not_exists(#left, :none), kept = :e REMOVE open_until, nothing",
]
NAMES = {"#status": "status", "#version": "version", "#left": "left"}
VALUES = {
    ":claimed": "claimed",
    ":requested": "requested",
    ":completed": "completed",
    ":goal": "goal",
    ":exit": "exit_step",
    ":e": "e",
    ":three": 3,
    ":marks": {"c", "d"},
    ":none": 0,
    ":day": "2026-11-21",
    ":year": "2026",
}


def said(*texts: str) -> dict[str, Any]:
    """The names and values that are in these texts: AWS refuses any others."""
    whole = " ".join(texts).replace("(", " ").replace(")", " ").replace(",", " ").split()
    names = {name: real for name, real in NAMES.items() if name in whole}
    values = {name: value for name, value in VALUES.items() if name in whole}
    found: dict[str, Any] = {}
    if names:
        found["ExpressionAttributeNames"] = names
    if values:
        found["ExpressionAttributeValues"] = as_item(values)
    return found


def as_item(row: dict[str, Any]) -> dict[str, Any]:
    """The row as it goes to DynamoDB, sets of texts among it."""
    sets = {name: {"SS": sorted(one)} for name, one in row.items() if isinstance(one, set)}
    return sets | to_item({name: one for name, one in row.items() if name not in sets})


def put(client: Any, row: dict[str, Any] | None) -> None:
    if row is None:
        client.delete_item(TableName=PROFILES_TABLE, Key=to_item(KEY))
    else:
        client.put_item(TableName=PROFILES_TABLE, Item=as_item({**KEY, **row}))


def outcome(client: Any, call: str, **request: Any) -> Any:
    try:
        getattr(client, call)(**request)
    except ClientError as error:
        reasons = cancellation_reasons(error)
        return error.response["Error"]["Code"], reasons
    key = to_item(KEY)
    item = client.get_item(TableName=PROFILES_TABLE, Key=key, ConsistentRead=True).get("Item")
    sets = {name: {"SS": sorted(one["SS"])} for name, one in (item or {}).items() if "SS" in one}
    return from_item({**item, **sets}) if item else None


@pytest.fixture
def both(dynamodb: Any, profiles_table: str) -> tuple[Any, TinyStore]:
    assert profiles_table == PROFILES_TABLE
    return dynamodb, TinyStore()


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_hold_for_the_same_rows(both: tuple[Any, TinyStore], condition: str):
    for row in ROWS:
        request = {
            "TableName": PROFILES_TABLE,
            "Key": to_item(KEY),
            "ConditionExpression": condition,
        }
        found = []
        for client in both:
            put(client, row)
            update = {**request, "UpdateExpression": "SET seen = :e", **said(condition, ":e")}
            alone = outcome(client, "update_item", **update)
            put(client, row)
            check = {"ConditionCheck": {**request, **said(condition)}}
            other = {"Put": {"TableName": PROFILES_TABLE, "Item": to_item({"pk": "q", "sk": "r"})}}
            together = outcome(client, "transact_write_items", TransactItems=[other, check])
            found.append((alone, together))
        assert found[0] == found[1], row


@pytest.mark.parametrize(("update", "row"), list(product(UPDATES, ROWS[1:3])))
def test_updates_come_to_the_same(both: tuple[Any, TinyStore], update: str, row: dict[str, Any]):
    found = []
    for client in both:
        put(client, row)
        found.append(
            outcome(
                client,
                "update_item",
                TableName=PROFILES_TABLE,
                Key=to_item(KEY),
                UpdateExpression=update,
                **said(update),
            )
        )
    assert found[0] == found[1]
    assert found[0] != row


def test_a_transaction_is_all_or_nothing_and_says_why_by_position():
    store = TinyStore()
    put(store, ROWS[1])
    absent = {"TableName": PROFILES_TABLE, "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(ClientError) as failed:
        store.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": PROFILES_TABLE, "Item": to_item({"pk": "q", "sk": "r"})}},
                {"ConditionCheck": {**absent, "Key": to_item(KEY)}},
            ]
        )
    assert cancellation_reasons(failed.value) == ("None", "ConditionalCheckFailed")
    assert "q" not in store.tables[PROFILES_TABLE]


def test_a_walk_through_a_table_meets_each_row_once(both: tuple[Any, TinyStore]):
    rows = [{"pk": f"p{n % 3}", "sk": f"s{n}", "n": n} for n in range(9)]
    request: dict[str, Any] = {
        "TableName": PROFILES_TABLE,
        "FilterExpression": "n > :one",
        "ExpressionAttributeValues": to_item({":one": 1}),
    }
    for client in both:
        for row in rows:
            client.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
        found = []
        for segment in range(2):
            page: dict[str, Any] = {}
            while page.get("LastEvaluatedKey") or not page:
                after = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if page else {}
                page = client.scan(**request, **after, Segment=segment, TotalSegments=2, Limit=2)
                assert len(page["Items"]) <= 2
                found += [from_item(item)["n"] for item in page["Items"]]
        assert sorted(found) == list(range(2, 9))


def test_at_the_doorstep_an_error_is_the_one_of_the_client(dynamodb: Any):
    once = {"TableName": PROFILES_TABLE, "ConditionExpression": "attribute_not_exists(pk)"}
    with doorstep.quick_dynamodb() as store:
        dynamodb.put_item(Item=to_item(KEY), **once)
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.put_item(Item=to_item(KEY), **once)
        assert store.tables[PROFILES_TABLE].keys() == {"p"}
    assert not dynamodb.scan(TableName=PROFILES_TABLE)["Items"]
