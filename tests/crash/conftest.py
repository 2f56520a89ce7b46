"""The DynamoDB that judges: AWS's own engine, or the mock where that is asked for."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import get_session

from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.crash.way import Way, play, way_over
from tests.dynamodb_local import real_one_judges

Judge = Callable[[], Any]

# A conflict or a throttle that the engine finds by itself is for us to see, not for botocore.
_ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1}, read_timeout=60)


@cache
def engine(address: str) -> Any:
    """A client of a real DynamoDB, made once: making one takes longer than most stories."""
    return get_session().create_client(
        "dynamodb",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=_ONCE,
    )


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    """A maker of DynamoDB clients with both tables, empty again with each call.

    The mock copies all tables for each transaction, so they are kept small: new for each story,
    and without the stream, which dispatch does not use.
    """
    if real_one_judges():
        client = engine(request.getfixturevalue("dynamodb_local"))
    else:
        client = request.getfixturevalue("dynamodb")

    def empty() -> Any:
        existing = client.list_tables()["TableNames"]
        for table in (PROFILES_TABLE, CATALOG_TABLE):
            if table in existing:
                client.delete_table(TableName=table)
            create_table(client, table)
        return client

    return empty


def create_table(client: Any, name: str) -> None:
    client.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture(scope="module")
def way(dynamodb_local: str) -> Iterator[Way]:
    """The whole way of a message, lived through once; its lives can be lived again."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with way_over(dynamodb_local, monkeypatch) as made:
            play(made)
            yield made
