"""DynamoDB in memory behind the doorstep of botocore's clients.

A story that is played once for each of its calls takes minutes over moto, nearly all of them in
botocore and moto. Here a call goes from the client to `TinyStore`, a hundred times as fast; all
other services stay what they are. What is left out is what the tests of `tests/aws` and of the
handlers are for: botocore's checks of a request, and moto's.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.crash.tiny_store import TinyStore


@contextmanager
def quick_dynamodb() -> Iterator[TinyStore]:
    """All clients of this process speak with one store; gives it."""
    store = TinyStore()
    whole: Callable[..., Any] = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: BaseClient, operation: str, asked: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name != "dynamodb":
            return whole(client, operation, asked)
        try:
            return store.answer(operation, asked)
        except ClientError as error:
            kind = client.exceptions.from_code(error.response["Error"]["Code"])
            raise kind(error.response, operation) from None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        yield store
