"""Roles are kept to the rows of one workspace, and the emulator sees whose rows a request names."""

import json
from types import ModuleType
from typing import Any

import boto3
import pytest
from ministack.core import iam_actions, iam_evaluator

from infra.local import row_permissions
from infra.local.row_permissions import items_of, partitions_of
from tests.infra.helpers import resources

TABLE = "t"
OURS, KEYS = "default#*", "KEY#*"
# What a role may do with a table as a whole, without naming a row.
WHOLE = {
    *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"),
    "dynamodb:ListStreams",
}


def row(pk: str) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "x"}}


def sent(name: str, **request: Any) -> dict[str, Any]:
    """The document that the client of AWS sends for a call."""
    client = boto3.client(
        *("dynamodb", "us-east-1"), aws_access_key_id="x", aws_secret_access_key="x"
    )
    bodies: list[bytes] = []

    def keep(request: Any, **_: Any) -> Any:
        bodies.append(request.body)
        raise InterruptedError

    client.meta.events.register("before-send.dynamodb", keep)
    with pytest.raises(InterruptedError):
        getattr(client, name)(**request)
    document: dict[str, Any] = json.loads(bodies[0])
    return document


REQUESTS = {
    "get_item": ({"TableName": TABLE, "Key": row("a#C")}, ["a#C"]),
    "put_item": ({"TableName": TABLE, "Item": {**row("a#C"), "n": {"N": "1"}}}, ["a#C"]),
    "update_item": ({"TableName": TABLE, "Key": row("a#C")}, ["a#C"]),
    "delete_item": ({"TableName": TABLE, "Key": row("a#C")}, ["a#C"]),
    "query": (
        {
            "TableName": TABLE,
            "KeyConditionExpression": "begins_with(sk, :s) AND #p = :p",
            "ExpressionAttributeNames": {"#p": "pk"},
            "ExpressionAttributeValues": {":s": {"S": "b#C"}, ":p": {"S": "a#P#1"}},
        },
        ["a#P#1"],
    ),
    "batch_get_item": (
        {"RequestItems": {TABLE: {"Keys": [row("a#C"), row("b#C")]}}},
        ["a#C", "b#C"],
    ),
    "batch_write_item": (
        {
            "RequestItems": {
                TABLE: [{"PutRequest": {"Item": row("a#C")}}, {"DeleteRequest": {"Key": row("b")}}]
            }
        },
        ["a#C", "b"],
    ),
    "scan": ({"TableName": TABLE}, None),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_whose_rows_a_request_names_is_seen(name: str) -> None:
    request, partitions = REQUESTS[name]
    assert partitions_of(sent(name, **request)) == partitions


def test_each_item_of_a_transaction_is_judged_by_its_own_key() -> None:
    condition = {"ConditionExpression": "attribute_exists(pk)"}
    items = [
        {"Put": {"TableName": TABLE, "Item": row("a#1")}},
        {"Update": {"TableName": TABLE, "Key": row("a#2"), "UpdateExpression": "SET n = :n"}},
        {"Delete": {"TableName": TABLE, "Key": row("b#3")}},
        {"ConditionCheck": {"TableName": TABLE, "Key": row("b#4"), **condition}},
    ]
    assert items_of(sent("transact_write_items", TransactItems=items)) == [
        *("a#1", "a#2", "b#3", "b#4")
    ]
    gets = [{"Get": {"TableName": TABLE, "Key": row("c#5")}}]
    assert items_of(sent("transact_get_items", TransactItems=gets)) == ["c#5"]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """The emulator's judges, corrected for the time of a test."""
    for module, names in (
        (iam_actions, ("dynamodb_service_context", "dynamodb_transaction_checks")),
        (iam_evaluator, ("_resolve_condition_key",)),
    ):
        for name in names:
            monkeypatch.setitem(module.__dict__, name, module.__dict__[name])
    row_permissions.apply(iam_actions, iam_evaluator)
    return iam_actions, iam_evaluator


def allowed(judges: tuple[ModuleType, ModuleType], pattern: str, body: Any) -> list[bool]:
    """Whether a role that may use rows of a pattern is let in: for each check that is made."""
    actions, evaluator = judges
    said = {
        "Effect": "Allow",
        "Action": "*",
        "Resource": "*",
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [pattern]}},
    }
    policies = [evaluator.parse_policy_document({"Statement": [said]})]
    sent_bytes = json.dumps(body).encode()
    context = actions.dynamodb_service_context(sent_bytes)
    kind = "dynamodb:TransactWriteItems" if "TransactItems" in body else "dynamodb:GetItem"
    checks = actions.dynamodb_transaction_checks(kind, sent_bytes, "us-east-1", "0" * 12)
    found = []
    for action, resource in checks or [(kind, "t")]:
        asked = evaluator.EvalContext(
            "role", "AssumedRole", "0" * 12, action, resource, "us-east-1", service_context=context
        )
        found.append(evaluator.evaluate(asked, policies).decision == "Allow")
    return found


def test_rows_of_another_workspace_are_refused(emulator: Any) -> None:
    for pk, expected in (("default#C", True), ("default2#C", False), ("KEY#ab", False)):
        request = sent("get_item", TableName=TABLE, Key=row(pk))
        assert allowed(emulator, OURS, request) == [expected], pk
    mixed = {TABLE: {"Keys": [row("default#C"), row("other#C")]}}
    assert allowed(emulator, OURS, sent("batch_get_item", RequestItems=mixed)) == [False]
    items = [{"Delete": {"TableName": TABLE, "Key": row(pk)}} for pk in ("default#1", "other#1")]
    answer = allowed(emulator, OURS, sent("transact_write_items", TransactItems=items))
    assert answer == [True, False], "each item is judged by itself"


def test_every_role_is_kept_to_the_rows_of_its_workspace(engine: Any) -> None:
    """No statement lets anybody at rows of tables without saying whose."""
    found = 0
    for policy in resources(engine, "IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            actions = {actions} if isinstance(actions, str) else set(actions)
            if not any(one.startswith("dynamodb:") for one in actions - WHOLE):
                continue
            rows = statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
            rows = [rows] if isinstance(rows, str) else rows
            assert rows in ([OURS], [KEYS], [OURS, KEYS], ["default#F#*"]), statement
            found += 1
    assert found > 30


def test_the_emulator_does_not_know_the_rows_by_itself() -> None:
    """A release that does needs no correction any more."""
    body = json.dumps(sent("get_item", TableName=TABLE, Key=row("other#C"))).encode()
    known = {name.lower() for name in iam_actions.dynamodb_service_context(body)}
    assert "dynamodb:leadingkeys" not in known
