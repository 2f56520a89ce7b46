"""From bytes to definitions: strict JSON, and every mistake named with its path."""

import json
import math
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.domain.instants import parse_instant
from shared.domain.repeats import repeated
from shared.domain.text import to_text
from shared.errors import InvalidInputError, TooLargeError

T = TypeVar("T")
Json = dict[str, Any] | list[Any] | str | int | float | bool | None

MAX_BODY_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 64
MAX_DETAILS: Final = 50
LONGEST_BYTES: Final = 1_000  # a key of the table ends at 2,048 bytes, a sort key at 1,024

# What marks the member of a union: pydantic puts its value into the path, where no reader of the
# JSON would look for it.
_TAGS: Final = ("type", "channel")


def short_enough(value: str, where: str, most: int = LONGEST_BYTES) -> None:
    """Refuse what no key of the table could hold; raises InvalidInputError."""
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidInputError("this is no Unicode text", where=where) from None
    if not 0 < size <= most:
        raise InvalidInputError(f"1 to {most} bytes", where=where)


def read_json(body: bytes) -> Json:
    """Read a request body; raises InvalidInputError or TooLargeError.

    Refused besides what is no JSON: NaN and infinities, the same key twice, lone surrogates, and
    nesting deeper than `MAX_DEPTH`: none of them could be stored and given back unchanged.
    """
    if len(body) > MAX_BODY_BYTES:
        raise TooLargeError(f"a request holds at most {MAX_BODY_BYTES:,} bytes")
    try:
        data: Json = json.loads(
            body.decode(),
            parse_constant=_no_number,
            parse_float=_finite,
            object_pairs_hook=_distinct,
        )
    except RecursionError:
        raise InvalidInputError(f"the body is nested deeper than {MAX_DEPTH} levels") from None
    except UnicodeDecodeError:
        raise InvalidInputError("the body is not UTF-8") from None
    except ValueError as error:
        raise InvalidInputError(f"the body is not valid JSON: {error}") from None
    if _depth_exceeds(data, MAX_DEPTH):
        raise InvalidInputError(f"the body is nested deeper than {MAX_DEPTH} levels")
    try:
        to_text(data).encode()
    except UnicodeEncodeError:
        where = _half_a_character(data)
        raise InvalidInputError("half a character is no Unicode text", where=where) from None
    except ValueError as error:  # a number of very many digits
        raise InvalidInputError(f"the body is not valid JSON: {error}") from None
    return data


@cache
def adapter(model: type[T]) -> TypeAdapter[T]:
    """What reads a model; made when first needed."""
    return TypeAdapter(model)


def parse(adapter: TypeAdapter[T], data: object, context: object = None) -> T:
    """Check data against a model; raises InvalidInputError with every mistake and its path.

    `context` is what the validators of the model are told.
    """
    try:
        return adapter.validate_python(data, context=context)
    except ValidationError as error:
        details = _details(data, error)
        raise InvalidInputError(
            "the definition is not valid" if len(details) > 1 else details[0][1],
            where="" if len(details) > 1 else details[0][0],
            details=details,
        ) from None


def _details(data: object, error: ValidationError) -> list[tuple[str, str]]:
    """(path, message) of every mistake.

    A list whose items are wrong is called too short as well; what lies further in says it better.
    """
    mistakes = error.errors(include_url=False, include_context=False, include_input=False)
    places = {mistake["loc"] for mistake in mistakes}
    covered = {place[:end] for place in places for end in range(len(place))}
    return [
        (
            path(data, mistake["loc"], missing=mistake["type"] == "missing"),
            mistake["msg"].removeprefix("Value error, "),
        )
        for mistake in mistakes
        if mistake["loc"] not in covered
    ][:MAX_DETAILS]


def path(data: object, location: Sequence[int | str], *, missing: bool) -> str:
    """Write pydantic's location as a path into the data, such as `steps[2].duration`."""
    written = ""
    untagged = True
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(part, int):
            written += f"[{part}]"
            data = data[part] if isinstance(data, list) and part < len(data) else None
            untagged = True
        elif isinstance(data, dict):
            following = location[index + 1] if not last else None
            ends = missing and index == len(location) - 2
            if untagged and _is_mark(data, part, following, missing=ends):
                untagged = False
            elif part in data or (last and missing):
                written += f".{part}" if written else part
                data, untagged = data.get(part), True
    return written


def _half_a_character(data: object, place: str = "") -> str:
    """Where a text or a name cannot be written; "" where all can."""
    match data:
        case str():
            return place if any("\ud800" <= each <= "\udfff" for each in data) else ""
        case list():
            inner = ((f"{place}[{n}]", each) for n, each in enumerate(data))
        case dict():
            if any(_half_a_character(name, "here") for name in data):
                return place
            inner = ((f"{place}.{name}" if place else name, each) for name, each in data.items())
        case _:
            return ""
    return next((found for at, each in inner if (found := _half_a_character(each, at))), "")


def _is_mark(
    data: dict[str, Any], part: str, following: int | str | None, *, missing: bool
) -> bool:
    """Whether a part of a location names the member of a union, and no place in the data.

    A member can be called like the field by which it is told, so what follows decides: nothing lies
    inside of a plain value.
    """
    if part in [data.get(tag) for tag in _TAGS]:
        return True
    if part not in data or isinstance(data[part], dict | list):
        return False
    return following is not None and (missing or following in data)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is out of range")
    return number


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        twice = repeated(key for key, _ in pairs)
        raise ValueError(f"the key {twice[0][:100]!r} is there twice")
    return data


def _depth_exceeds(data: object, levels: int) -> bool:
    layer: list[object] = [data]
    while layer:
        if levels < 0:
            return True
        children: list[object] = []
        for node in layer:
            if isinstance(node, dict):
                children.extend(node.values())
            elif isinstance(node, list):
                children.extend(node)
        layer, levels = children, levels - 1
    return False


def whole_number(text: str, where: str, most: int) -> int:
    """A whole number from 1 on in a path or a query; raises InvalidInputError."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    if not (digits and 1 <= int(text) <= most):
        raise InvalidInputError(f"a number from 1 to {most:,}", where=where)
    return int(text)


def past_instant(text: str | None, now: datetime) -> datetime:
    """The instant `at` of a query, now without one; raises InvalidInputError."""
    if text is None:
        return now
    try:
        return not_ahead(parse_instant(text), now)
    except (ValueError, OverflowError):
        raise InvalidInputError(
            "an instant with its offset, such as 2026-11-22T08:00:00Z", where="at"
        ) from None


def not_ahead(at: datetime, now: datetime) -> datetime:
    """An instant that has been; raises InvalidInputError."""
    if at > now:
        raise InvalidInputError("nobody knows what will be", where="at")
    return at
