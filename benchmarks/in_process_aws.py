"""The emulator's DynamoDB inside this process: no socket and no serialising, for large histories.

Tables, conditions, transactions and stream records are the emulator's own; only the way to them is
shorter. What other services the handlers call is answered by a few lines each.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError
from ministack.services import dynamodb

from shared.aws import session

PROFILES, CATALOG = "profiles", "catalog"


class DynamoDB:
    """Looks like a low-level client; every method is an operation of the API."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        action = "".join(part.capitalize() for part in name.split("_"))

        def call(**request: Any) -> dict[str, Any]:  # noqa: ANN401
            return _call(action, request)

        self.__dict__[name] = call
        return call


def _call(action: str, request: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps(request).encode()
    coroutine = dynamodb.handle_request("POST", "/", {"x-amz-target": f"x.{action}"}, body, {})
    try:
        coroutine.send(None)
    except StopIteration as done:
        status, _, answer = done.value
    else:
        raise AssertionError("the emulator waits for something")
    data: dict[str, Any] = json.loads(answer) if answer else {}
    if status < 400:
        return data
    error = {"Code": data["__type"].rpartition("#")[2], "Message": data.get("message", "")}
    response = {**data, "Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}
    raise ClientError(response, action)


class Bus:
    """Takes every event."""

    def put_events(self, Entries: list[Any]) -> dict[str, Any]:  # noqa: N803
        """Answer as EventBridge does."""
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}


class Secrets:
    """Has one secret."""

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: ARG002, N803
        """Give it, whatever it is called."""
        return {"SecretString": "s" * 64}


class Firehose:
    """Keeps the lines that it was given, as the lake would."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def put_record_batch(
        self,
        DeliveryStreamName: str,  # noqa: N803
        Records: list[Any],  # noqa: N803
    ) -> dict[str, Any]:
        """Answer as Firehose does."""
        if DeliveryStreamName == "events":
            self.lines += [record["Data"] for record in Records]
        return {"FailedPutCount": 0, "RequestResponses": [{"RecordId": "1"} for _ in Records]}


def install() -> Firehose:
    """Make empty tables and hand out these clients; must come before any handler is imported."""
    lake = Firehose()
    clients = {
        "dynamodb": DynamoDB(),
        "events": Bus(),
        "secretsmanager": Secrets(),
        "firehose": lake,
    }
    session.client = clients.__getitem__  # type: ignore[assignment]
    for table in (PROFILES, CATALOG):
        clients["dynamodb"].create_table(  # type: ignore[attr-defined]
            TableName=table,
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
    return lake


def stream(batch: int) -> Iterator[list[dict[str, Any]]]:
    """Every change of the people so far, oldest first, as Lambda gets it."""
    records = dynamodb.stream_live_records(PROFILES)
    position = 0
    while page := records[position : position + batch]:
        yield page
        position += len(page)


def items() -> Iterator[dict[str, Any]]:
    """Every row of the profiles table, as it is stored."""
    for rows in dynamodb._tables[PROFILES]["items"].values():
        yield from rows.values()
