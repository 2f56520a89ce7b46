"""Rows become items and come back; refusals are told apart."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.items import (
    cancellation_reasons,
    from_item,
    is_conditional_failure,
    is_contention,
    query_items,
    to_item,
    to_text,
)
from shared.domain.versions import FIELD

# One name is taken: it says by which version a row was written.
names = st.text(min_size=1).filter(lambda name: name != FIELD)
rows = st.dictionaries(names, st.text() | st.booleans() | st.integers())


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    response = {
        "Error": {"Code": "TransactionCanceledException", "Message": ""},
        "CancellationReasons": reasons,
    }
    return ClientError(response, "TransactWriteItems")


@given(rows)
def test_a_row_comes_back_as_it_was(row):
    assert from_item(to_item(row)) == row


def test_instants_become_text_and_what_is_absent_is_left_out():
    item = to_item({"at": datetime(2026, 11, 22, 8, 30, tzinfo=UTC), "until": None})
    assert item == {"at": {"S": "2026-11-22T08:30:00.000Z"}}


@pytest.mark.parametrize("value", [1.5, ["a"], {"a": 1}])
def test_anything_nested_or_inexact_must_be_written_as_json_text(value):
    with pytest.raises(TypeError):
        to_item({"value": value})


def test_bytes_are_bytes_again():
    assert from_item(to_item({"body": b"\x00a"})) == {"body": b"\x00a"}


def test_the_same_data_is_always_the_same_text():
    assert to_text({"b": [1, "上海"], "a": None}) == '{"a":null,"b":[1,"上海"]}'
    with pytest.raises(ValueError, match="JSON compliant"):
        to_text(float("nan"))


def test_a_refused_condition_is_told_from_contention_alone_and_in_a_transaction():
    alone = ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")
    assert is_conditional_failure(alone)
    assert not is_contention(alone)
    refused = cancelled("None", "ConditionalCheckFailed")
    assert cancellation_reasons(refused) == ("None", "ConditionalCheckFailed")
    assert is_conditional_failure(refused)
    assert not is_contention(refused)
    busy = cancelled("TransactionConflict", "None")
    assert is_contention(busy)
    assert not is_conditional_failure(busy)


def test_a_query_reads_every_page(dynamodb, profiles_table):
    for number in range(5):
        item = to_item({"pk": "p", "sk": f"{number}"})
        dynamodb.put_item(TableName=profiles_table, Item=item)
    found = query_items(
        dynamodb,
        TableName=profiles_table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "p"}},
        Limit=2,
    )
    assert [from_item(item)["sk"] for item in found] == ["0", "1", "2", "3", "4"]
