"""Calling another function of ours and waiting for what it says."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.errors import TransientError


def call_function(client: Any, arn: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Call once; `client` is one of Lambda without retries.

    Raises TransientError where nobody knows, or the function says nothing of use.
    """
    try:
        answer = client.invoke(FunctionName=arn, Payload=json.dumps(asked).encode())
        said = json.loads(answer["Payload"].read())
    except (BotoCoreError, ClientError, ValueError) as error:
        raise TransientError(f"the function did not answer: {error}") from error
    if "FunctionError" in answer or not isinstance(said, dict):
        raise TransientError("the function failed, its log says why")
    return said
