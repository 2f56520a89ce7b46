"""Transactions of moto end as they did before they were made faster."""

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.dynamodb import models

from tests import moto_transactions
from tests.conftest import PROFILES_TABLE

KEYS = st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))


def key_of(key: tuple[str, str]) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


@st.composite
def writes(draw: st.DrawFn) -> list[dict[str, Any]]:
    told = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=5)):
        place: dict[str, Any] = {"TableName": PROFILES_TABLE}
        condition = draw(st.sampled_from(["", "attribute_exists(pk)", "attribute_not_exists(pk)"]))
        if condition:
            place["ConditionExpression"] = condition
        kind = draw(st.sampled_from(["Put", "Delete", "Update", "ConditionCheck"]))
        if kind == "Put":
            place["Item"] = {**key_of(key), "n": {"N": "1"}}
        else:
            place["Key"] = key_of(key)
        if kind == "Update":
            place["UpdateExpression"] = "ADD n :one"
            place["ExpressionAttributeValues"] = {":one": {"N": "1"}}
        if kind == "ConditionCheck" and not condition:
            place["ConditionExpression"] = "attribute_exists(pk)"
        told.append({kind: place})
    return told


def played(client: Any, story: list[list[dict[str, Any]]]) -> list[Any]:
    """What each transaction came to, with all rows and the stream after it."""
    seen: list[Any] = []
    for transaction in story:
        outcome = "done"
        try:
            client.transact_write_items(TransactItems=transaction)
        except ClientError as error:
            outcome = str(error)
        rows = client.scan(TableName=PROFILES_TABLE)["Items"]
        table = models.dynamodb_backends["123456789012"]["us-east-1"].tables[PROFILES_TABLE]
        records = [record.to_json()["dynamodb"] for record in table.stream_shard.items]
        told = [{name: one.get(name) for name in ("SequenceNumber", "Keys", "NewImage")}
                for one in records]  # fmt: skip
        seen.append((outcome, sorted(rows, key=str), copy.deepcopy(told)))
    return seen


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(writes(), min_size=1, max_size=6))
def test_a_transaction_ends_as_by_a_copy_of_everything(mocked_aws, story):
    with mocked_aws() as client:
        fast = played(client, story)
    quick = models.copy
    with mocked_aws() as client, pytest.MonkeyPatch.context() as patch:
        assert isinstance(quick, moto_transactions.Copying)
        patch.setattr(models, "copy", copy)
        assert played(client, story) == fast
