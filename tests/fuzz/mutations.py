"""What can be wrong with a document, at each of its places, each with a name."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final, NamedTuple

Place = tuple[str | int, ...]

_OTHERS: Final[dict[str, Any]] = {
    "null": None,
    "true": True,
    "a number": 7,
    "a fraction": 1.5,
    "a text": "text",
    "a list": [],
    "an object": {},
}
_LONG: Final = "长" * 20_000
_HALF: Final = "\ud800"  # half of a surrogate pair
MARK: Final = "@@here@@"


class Wrong(NamedTuple):
    """A body with one mistake; `field` is what an answer must name, "" where it is the whole body.

    `surely`: nobody could mean it. Else the same place may take the value, and then it is right.
    """

    name: str
    body: bytes
    field: str
    surely: bool


def mutations(document: Any, seen: set[str] | None = None) -> Iterator[Wrong]:
    """Every mistake at every place of a JSON document.

    A place that was met in another document (`seen`, by its path and the types around it) is passed
    over, so that many documents of one kind together try each of its fields once.
    """
    met = set() if seen is None else seen
    for place, shape in _places(document):
        if shape not in met:
            met.add(shape)
            yield from _at(document, place)


def flaws(document: Any) -> Iterator[Wrong]:
    """What can be wrong with a body as a whole."""
    text = json.dumps(document)
    raw: dict[str, bytes] = {
        "cut off": text[:-1].encode(),
        "followed by something": f"{text}]".encode(),
        "no JSON": b"<xml/>",
        "a form": b"a=1&b=2",
        "a text": b'"text"',
        "a number": b"7",
        "null": b"null",
        "a list": b"[]",
        "not UTF-8": text.encode()[:-1] + b',"x":"\xff\xfe"}',
        "UTF-16": text.encode("utf-16"),
        "too large": json.dumps({"x": "x" * 1_100_000}).encode(),
        "nested 100 deep": (b'{"x":' * 100) + b"1" + b"}" * 100,
        "nested 100,000 deep": b"[" * 100_000,
        "NaN": text.encode()[:-1] + b',"x":NaN}',
        "infinite": text.encode()[:-1] + b',"x":-Infinity}',
        "a number beyond all floats": text.encode()[:-1] + b',"x":1e999}',
        "a number of 5,000 digits": text.encode()[:-1] + b',"x":' + b"9" * 5_000 + b"}",
        "the same key twice": text.encode()[:-1] + b',"x":1,"x":2}',
    }
    for name, body in raw.items():
        yield Wrong(f"the body is {name}", body, "", surely=True)


def _places(node: Any, place: Place = (), shape: str = "") -> Iterator[tuple[Place, str]]:
    if place:
        yield place, f"{shape}:{_kind(node)}"
    match node:
        case dict():
            about = node.get("type") or node.get("channel") or ""
            for name, inner in node.items():
                yield from _places(inner, (*place, name), f"{shape}{about}.{name}")
        case list():
            for index, inner in enumerate(node):
                yield from _places(inner, (*place, index), f"{shape}[]")
        case _:
            pass


def _at(document: Any, place: Place) -> Iterator[Wrong]:
    at, value = written(place), _get(document, place)
    for kind, other in _OTHERS.items():
        if kind != _kind(value):
            yield _wrong(f"{at} is {kind}", document, place, other)
    if isinstance(place[-1], str):
        yield _wrong(f"{at} is missing", document, place, None, leave_out=True)
    match value:
        case str():
            yield _wrong(f"{at} is far too long", document, place, _LONG, surely=True)
            yield _wrong(f"{at} is half a character", document, place, _HALF, surely=True)
            yield _wrong(f"{at} is empty", document, place, "")
            yield _wrong(f"{at} is a zero character", document, place, "\0")
        case bool():
            pass
        case int() | float():
            yield _wrong(f"{at} is negative", document, place, -1)
            yield _wrong(f"{at} is enormous", document, place, 10**400, surely=True)
            for name in ("NaN", "1e999"):
                body = _wrong("", document, place, MARK).body
                raw = body.replace(f'"{MARK}"'.encode(), name.encode())
                yield Wrong(f"{at} is {name}", raw, "", surely=True)
        case list():
            yield _wrong(f"{at} holds far too much", document, place, value * 5_000)
        case dict():
            yield _wrong(f"{at} has a field that nobody knows", document, (*place, "xyzzy"), 1)
        case _:
            pass


def _wrong(
    name: str,
    document: Any,
    place: Place,
    value: Any,
    *,
    surely: bool = False,
    leave_out: bool = False,
) -> Wrong:
    whole = deepcopy(document)
    inside = _get(whole, place[:-1])
    if leave_out:
        del inside[place[-1]]
    else:
        inside[place[-1]] = value
    field = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
    return Wrong(name, json.dumps(whole).encode(), field, surely)


def _get(node: Any, place: Place) -> Any:
    for part in place:
        node = node[part]
    return node


def written(place: Place) -> str:
    """A place as answers write it: `steps[2].wait`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true"
        case int():
            return "a number"
        case float():
            return "a fraction"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
