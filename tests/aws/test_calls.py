"""A call of another function is made once, and says so when nobody answered."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from shared.aws.calls import call_function
from shared.errors import TransientError


class Lambda:
    """Stands for Lambda: answers as told, or fails."""

    def __init__(self, said: bytes = b"{}", **answer: Any) -> None:
        self.calls: list[Any] = []
        self._said = said
        self._answer = answer

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.calls.append((request["FunctionName"], json.loads(request["Payload"])))
        if self._said == b"late":
            raise ReadTimeoutError(endpoint_url="lambda")
        return {"Payload": io.BytesIO(self._said), **self._answer}


def test_it_is_called_once_with_what_is_asked():
    there = Lambda(b'{"sent": []}')

    assert call_function(there, "arn", {"test": {"to": ["\u4f60"]}}) == {"sent": []}
    assert there.calls == [("arn", {"test": {"to": ["\u4f60"]}})]


@pytest.mark.parametrize(
    "there",
    [Lambda(b"late"), Lambda(b"no JSON"), Lambda(b"[]"), Lambda(b"{}", FunctionError="Unhandled")],
)
def test_no_answer_is_said_and_not_tried_again(there: Lambda):
    with pytest.raises(TransientError):
        call_function(there, "arn", {})
    assert len(there.calls) == 1
