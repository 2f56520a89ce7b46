"""The DynamoDB that judges: the mocked one, or a real engine where one is told of."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from botocore.session import get_session

from tests.conftest import CATALOG_TABLE, PROFILES_TABLE

ENDPOINT = "RAPPORT_TEST_DYNAMODB"  # such as http://127.0.0.1:8000, where DynamoDB Local listens

Judge = Callable[[], Any]


@pytest.fixture
def judge(request: pytest.FixtureRequest) -> Judge:
    """A maker of DynamoDB clients with both tables, empty again with each call.

    The mock copies all tables for each transaction, so they are kept small: new for each story,
    and without the stream, which dispatch does not use.
    """
    if ENDPOINT in os.environ:
        request.getfixturevalue("aws_environment")
        client = get_session().create_client("dynamodb", endpoint_url=os.environ[ENDPOINT])
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
