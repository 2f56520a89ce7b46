"""Requests that travel in queues: `{"v": 1, "<name>": {…}}`, and where one of them is wrong."""

import json
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.errors import InvalidInputError

BODY_VERSION: Final = 1

R = TypeVar("R")


def read_body(body: str, name: str, adapter: TypeAdapter[R]) -> R:
    """Read a request; raises InvalidInputError naming the field that is wrong.

    Fields that this version does not know are ignored, so that a newer sender may add some.
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("not a request: the body is not JSON") from error
    if not isinstance(envelope, dict) or envelope.get("v") != BODY_VERSION:
        raise InvalidInputError(f'not a request: "v" must be {BODY_VERSION}')
    return read_values(envelope.get(name), name, adapter)


def read_values(values: object, name: str, adapter: TypeAdapter[R]) -> R:
    """Read a request out of plain values; raises InvalidInputError as `read_body` does."""
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in (name, *first["loc"]))
        raise InvalidInputError(first["msg"], where=where) from error
