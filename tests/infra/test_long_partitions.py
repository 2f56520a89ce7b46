"""The emulator answers queries of long partitions as it does those of short ones."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ministack.services import dynamodb

from infra.local import long_partitions

SORT_KEYS = ("A", "EVT#1", "EVT#2", "EVT#2#x", "EVT#3", "EVU", "Z#杭", "\U0010fffe")
CONDITIONS = (
    "pk = :pk",
    "pk = :pk AND sk BETWEEN :low AND :high",
    "pk = :pk AND begins_with(sk, :low)",
    *(f"pk = :pk AND sk {operator} :low" for operator in ("<", "<=", ">", ">=", "=")),
)
ROWS = st.dictionaries(st.sampled_from(SORT_KEYS), st.integers(1, 350_000), min_size=1)


@pytest.fixture(scope="module", autouse=True)
def _every_partition_is_long() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(long_partitions, "LONG", 0)
        yield


@given(
    rows=ROWS,
    condition=st.sampled_from(CONDITIONS),
    bounds=st.lists(st.sampled_from(SORT_KEYS), min_size=2, max_size=2).map(sorted),
    limit=st.none() | st.integers(1, 4),
    forward=st.booleans(),
)
def test_every_page_is_the_same(
    rows: dict[str, int], condition: str, bounds: list[str], limit: int | None, forward: bool
) -> None:
    table = _table_of(rows)
    request: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": {
            name: {"S": value}
            for name, value in ((":pk", "p"), (":low", bounds[0]), (":high", bounds[1]))
            if name in condition
        },
        "ScanIndexForward": forward,
        **({"Limit": limit} if limit else {}),
    }
    stored = dynamodb._tables[table]
    assert long_partitions._wanted(request, stored, dynamodb._item_size_bytes), "not narrowed"
    plain = list(_pages(request))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dynamodb, "_query", dynamodb._query)
        long_partitions.apply(dynamodb)
        assert list(_pages(request)) == plain
    assert stored["items"]["p"].keys() == rows.keys(), "rows were lost"


def _pages(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {}
    for _ in range(len(SORT_KEYS) + 2):
        page = _ask("Query", {**request, **start})
        yield page
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    raise AssertionError("the query does not end")


def _table_of(rows: dict[str, int]) -> str:
    name = f"t{uuid4().hex}"
    keys = (("pk", "HASH"), ("sk", "RANGE"))
    _ask(
        "CreateTable",
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": each, "KeyType": kind} for each, kind in keys],
            "AttributeDefinitions": [
                {"AttributeName": each, "AttributeType": "S"} for each, _ in keys
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    for sort_key, size in rows.items():
        item = {"pk": {"S": "p"}, "sk": {"S": sort_key}, "body": {"S": "x" * size}}
        _ask("PutItem", {"TableName": name, "Item": item})
    return name


def _ask(action: str, request: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(request).encode()
    coroutine = dynamodb.handle_request("POST", "/", {"x-amz-target": f"x.{action}"}, body, {})
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    status, _, answer = done.value.value
    assert status < 400, answer
    return dict(json.loads(answer))
