"""Strict JSON that spoils no neighbours: what is wrong inside one event stays inside it.

JSON itself knows no NaN, and the same key twice, half a surrogate pair, 5,000 digits or 1,000
levels mean different things to different readers. Python's reader takes some of these silently and
fails the whole text on others. Here each becomes a `Flaw` at its place, so that only the event that
holds it is rejected. Only a text that is no JSON at all is refused as a whole.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.events.limits import MAX_DEPTH, MAX_INTEGER_CHARACTERS
from shared.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Flaw:
    """Stands where a value was that cannot be taken."""

    code: str
    message: str


_DUPLICATE: Final = Flaw("duplicate_key", "has the same key twice")
_NOT_FINITE: Final = Flaw("invalid_number", "is NaN or infinite")
_TOO_LONG: Final = Flaw(
    "invalid_number", f"has more than {MAX_INTEGER_CHARACTERS} digits; send it as a text"
)
_NOT_UNICODE: Final = Flaw("invalid_text", "is not valid Unicode: half a surrogate pair, or bytes")
_TOO_DEEP: Final = Flaw("too_deep", f"is nested more than {MAX_DEPTH} levels deep")

# What `_prune` writes in place of the levels that are too deep for any reader.
_PRUNED: Final = "1" * 99
_PRUNED_DEPTH: Final = 2 * MAX_DEPTH
# One token: a text (closed or not, so that no start is tried twice) or a bracket.
_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Document:
    """Parsed JSON; `suspect` when there are flaws in it or texts that may not be Unicode."""

    value: Any
    suspect: bool


def parse(body: bytes) -> Document:
    """Parse UTF-8 JSON; raises InvalidInputError when it is none."""
    try:
        text, suspect = body.decode(), False
    except UnicodeDecodeError:
        # Undecodable bytes become lone surrogates, which are found in the event that has them.
        text, suspect = body.decode(errors="surrogateescape"), True
    text = text.removeprefix("\ufeff")
    reader = _Reader()
    try:
        value = reader.read(text)
    except RecursionError:
        value = reader.read(_prune(text))
    suspect = suspect or reader.flawed or "\\ud" in text or "\\uD" in text
    return Document(value, suspect)


class _Reader:
    """A JSON decoder that leaves flaws where Python's own would lose them or give up."""

    def __init__(self) -> None:
        self.flawed = False
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_constant=lambda _: self._flaw(_NOT_FINITE),
        ).decode

    def read(self, text: str) -> object:
        try:
            return self._decode(text)
        except json.JSONDecodeError as error:
            raise InvalidInputError(
                f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}",
                where="body",
                hint="send one JSON object",
            ) from None

    def _object(self, pairs: list[tuple[str, object]]) -> object:
        fields = dict(pairs)
        return fields if len(fields) == len(pairs) else self._flaw(_DUPLICATE)

    def _integer(self, digits: str) -> object:
        if len(digits) <= MAX_INTEGER_CHARACTERS:
            return int(digits)
        return self._flaw(_TOO_DEEP if digits == _PRUNED else _TOO_LONG)

    def _flaw(self, flaw: Flaw) -> Flaw:
        self.flawed = True
        return flaw


def _prune(text: str) -> str:
    """Cut out what is nested deeper than `_PRUNED_DEPTH`, in one pass over the brackets."""
    kept, start, depth = [], 0, 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
                if depth == _PRUNED_DEPTH:
                    kept += [text[start : token.start()], _PRUNED]
            case "]" | "}":
                if depth == _PRUNED_DEPTH:
                    start = token.end()
                depth -= 1
    # Unclosed brackets leave nothing to keep; the text is then not JSON and refused as such.
    return "".join(kept) + (text[start:] if depth < _PRUNED_DEPTH else "")


def find_flaw(value: object, path: str = "", level: int = 1) -> tuple[str, Flaw] | None:
    """The first flaw in parsed JSON and its path, such as `properties.items[2].price`.

    Depth counts from `level`: an object or array at `MAX_DEPTH` may hold no further one.
    """
    if isinstance(value, (dict, list)):
        return (path, _TOO_DEEP) if level > MAX_DEPTH else _find_inside(value, path, level)
    if isinstance(value, Flaw):
        return path, value
    if isinstance(value, str):
        return (path, _NOT_UNICODE) if _is_broken(value) else None
    # Infinity and NaN are the floats that do not cancel themselves out.
    return (path, _NOT_FINITE) if isinstance(value, float) and value - value != 0 else None


def _find_inside(
    value: dict[str, Any] | list[Any], path: str, level: int
) -> tuple[str, Flaw] | None:
    if isinstance(value, list):
        inner = ((f"{path}[{index}]", item) for index, item in enumerate(value))
    else:
        if any(_is_broken(key) for key in value):
            return f"a key in {path or 'the event'}", _NOT_UNICODE
        inner = ((_join(path, key), item) for key, item in value.items())
    found = (find_flaw(item, place, level + 1) for place, item in inner)
    return next((flaw for flaw in found if flaw), None)


def _is_broken(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _join(path: str, key: str) -> str:
    name = key if len(key) <= 40 else f"{key[:39]}…"
    return f"{path}.{name}" if path else name
