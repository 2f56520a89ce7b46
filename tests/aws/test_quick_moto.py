"""moto answers as it did before it was made faster."""

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.core.serialize import JSONSerializer
from moto.dynamodb import models

from tests import quick_moto
from tests.conftest import PROFILES_TABLE

quick_moto.apply()
LONG_WAY = JSONSerializer._serialize_type_structure.__wrapped__  # type: ignore[attr-defined]
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
        assert isinstance(quick, quick_moto.Copying)
        patch.setattr(models, "copy", copy)
        assert played(client, story) == fast


LEAVES = st.one_of(
    st.builds(lambda text: {"S": text}, st.text()),
    st.builds(lambda number: {"N": str(number)}, st.integers()),
    st.builds(lambda held: {"B": held}, st.binary(min_size=1)),
    st.builds(lambda held: {"SS": sorted(held)}, st.sets(st.text(min_size=1), min_size=1)),
    st.builds(lambda held: {"BS": sorted(held)}, st.sets(st.binary(min_size=1), min_size=1)),
    st.builds(lambda truth: {"BOOL": truth}, st.booleans()),
    st.just({"NULL": True}),
)
NAMES = st.text(min_size=1)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda held: {"L": held}, st.lists(inner, max_size=3)),
        st.builds(lambda held: {"M": held}, st.dictionaries(NAMES, inner, max_size=3)),
    ),
    max_leaves=6,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, min_size=1, max_size=8))
def test_an_attribute_is_answered_as_by_the_long_way(mocked_aws, values):
    item = key_of(("a", "x")) | {f"v{place}": value for place, value in enumerate(values)}
    answers = []
    with mocked_aws() as client:
        client.put_item(TableName=PROFILES_TABLE, Item=item)
        for way in (JSONSerializer._serialize_type_structure, LONG_WAY):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(JSONSerializer, "_serialize_type_structure", way)
                found = client.get_item(TableName=PROFILES_TABLE, Key=key_of(("a", "x")))
                answers.append(found["Item"])
    assert answers[0] == answers[1]
    assert JSONSerializer._serialize_type_structure is not LONG_WAY
