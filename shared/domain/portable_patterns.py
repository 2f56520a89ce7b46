"""The part of RE2 that conditions may use: what every engine can be told to mean the same by.

The evaluator matches with RE2, SQL with the engine of Trino or DuckDB. These agree on characters,
alternatives, repetitions and groups, and on hardly anything else: what `$`, `.`, `\\d` or `[[a]`
mean differs. So a pattern is read here, and written anew for SQL in terms that all of them share:

    .        any character but a line feed       → [^\\x0a]
    ^ \\A     the beginning of the text           → \\A
    $ \\z     its end, a line feed included       → \\z
    \\d \\w \\s  ASCII digits, word characters, white space, and \\D \\W \\S   → classes

Classes are sets of code points. What is left over (flags, names, word boundaries, classes by name,
octal numbers, quotations) is refused. A pattern is sought anywhere in a text, so what is lazy or
captured does not matter.
"""

from collections.abc import Iterable, Iterator
from typing import Final

Ranges = tuple[tuple[int, int], ...]
"""Code points, ascending, none of them touching another one."""

LAST: Final = 0x10FFFF
_DIGITS: Final = ((0x30, 0x39),)
_WORDS: Final = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACES: Final = ((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20))
_SHORT: Final = {"d": _DIGITS, "w": _WORDS, "s": _SPACES}
_CONTROLS: Final = {"n": 0x0A, "t": 0x09, "r": 0x0D, "f": 0x0C}
_MEANING: Final = frozenset(r"\.+*?()|[]{}^$-&~")
_SURROGATES: Final = range(0xD800, 0xE000)
_MAX_REPEAT: Final = 1_000  # of RE2

_REFUSED: Final = {
    "b": "a word boundary",
    "B": "a word boundary",
    "p": "a class of Unicode",
    "P": "a class of Unicode",
    "C": "a single byte",
    "Q": "a quotation",
    "a": "the bell",
    "v": "a vertical tab",
}


class PatternError(ValueError):
    """A pattern has something that engines do not agree on."""


def portable(pattern: str) -> str:
    """The same pattern in terms that mean the same everywhere; raises PatternError."""
    reader = _Reader(pattern)
    said = reader.alternatives()
    if not reader.is_done:
        raise reader.error(reader.place, ")", "it closes nothing")
    # DuckDB takes patterns without a group for prefixes and the like, and some of them wrongly.
    return f"({said})"


class _Reader:
    """Reads a pattern from left to right, and gives each part as it is to be written."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    @property
    def place(self) -> int:
        """How much was read."""
        return self._at

    @property
    def is_done(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._text)

    def error(self, begun: int, construct: str, why: str) -> PatternError:
        """What is wrong with the construct that begins at a place."""
        return PatternError(
            f"patterns of conditions do not have {construct} (at character {begun + 1}): {why}"
        )

    def alternatives(self) -> str:
        parts = [self._sequence()]
        while self._takes("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"

    def _sequence(self) -> str:
        found = []
        while not self.is_done and self._text[self._at] not in "|)":
            atom, repeats = self._atom()
            found.append(self._repeated(atom, repeats=repeats))
        return "".join(found)

    def _atom(self) -> tuple[str, bool]:
        """One atom, and whether it may be repeated."""
        begun = self._at
        match self._next():
            case "^":
                return r"\A", False
            case "$":
                return r"\z", False
            case ".":
                return _class_of(_without(((0x0A, 0x0A),))), True
            case "(":
                return self._group(begun), True
            case "[":
                return self._class(begun), True
            case "\\":
                return self._escape()
            case "*" | "+" | "?" as sign:
                raise self.error(begun, sign, "there is nothing that it could repeat")
            case "{":
                raise self.error(begun, "{", r"outside of a repetition it is written \{")
            case character:
                return _literal(ord(character)), True

    def _group(self, begun: int) -> str:
        if self._takes("?") and not self._takes(":"):
            why = "flags, names and looking around differ; (?:…) is a group"
            raise self.error(begun, "(?", why)
        found = self.alternatives()
        if not self._takes(")"):
            raise self.error(begun, "( without )", "it is never closed")
        return f"(?:{found})"

    def _escape(self) -> tuple[str, bool]:
        if self._takes("A"):
            return r"\A", False
        if self._takes("z"):
            return r"\z", False
        found = self._escaped()
        if isinstance(found, int):
            return _literal(found), True
        return _class_of(found), True

    def _escaped(self) -> int | Ranges:
        """What stands behind a backslash: a code point, or the set that a letter stands for."""
        begun, letter = self._at - 1, self._next()
        if letter.lower() in _SHORT:
            known = _SHORT[letter.lower()]
            return known if letter.islower() else _without(known)
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter == "x":
            return self._code_point(begun)
        if letter.isascii() and letter.isprintable() and not letter.isalnum():
            return ord(letter)
        known_as = _REFUSED.get(letter, "an octal number" if letter.isdigit() else "")
        why = f"{known_as} is not the same everywhere" if known_as else "it means nothing"
        raise self.error(begun, f"\\{letter}", why)

    def _code_point(self, begun: int) -> int:
        digits = self._until("}") if self._takes("{") else self._next() + self._next()
        try:
            point = int(digits, 16) if digits.isalnum() else -1
        except ValueError:
            point = -1
        if not 0 <= point <= LAST or point in _SURROGATES:
            raise self.error(begun, rf"\x{digits}", "this is no code point")
        return point

    def _class(self, begun: int) -> str:
        negated = self._takes("^")
        found = [*self._member()]
        while not self._takes("]"):
            found += self._member()
        ranges = _without(_united(found)) if negated else _united(found)
        if not ranges:
            raise self.error(begun, "an empty class", "nothing can match it")
        return _class_of(ranges)

    def _member(self) -> Ranges:
        """A range, a character or the set that a letter stands for."""
        begun = self._at
        first = self._point()
        if not isinstance(first, int):
            return first
        ahead = self._text[self._at : self._at + 2]
        if ahead[:1] != "-" or ahead == "-]":
            return ((first, first),)
        self._next()
        last = self._point()
        if not isinstance(last, int) or last < first:
            why = "it has to lead from one character to a later one"
            raise self.error(begun, "such a range", why)
        return ((first, last),)

    def _point(self) -> int | Ranges:
        begun, character = self._at, self._next()
        if character == "\\":
            return self._escaped()
        if character == "[" and self._text[self._at : self._at + 1] in (":", ".", "="):
            construct = f"[{self._text[self._at]}"
            raise self.error(begun, construct, "classes by name differ; write ranges, as [A-Za-z]")
        return ord(character)

    def _repeated(self, atom: str, *, repeats: bool) -> str:
        begun = self._at
        said = self._repetition()
        if not said:
            return atom
        if not repeats:
            raise self.error(begun, f"{said} after an anchor", "it repeats nothing")
        self._takes("?")  # as few as possible: whether a text matches does not depend on it
        if self._text[self._at : self._at + 1] in ("*", "+", "?", "{"):
            raise self.error(begun, "a repetition of a repetition", "(?:…) says what is repeated")
        return f"{atom}{said}"

    def _repetition(self) -> str:
        begun = self._at
        for sign in "*+?":
            if self._takes(sign):
                return sign
        if not self._takes("{"):
            return ""
        least, comma, most = self._until("}").partition(",")
        sound = all(each.isascii() and each.isdigit() for each in (least, most or "0"))
        if not sound or max(int(least), int(most or 0)) > _MAX_REPEAT:
            raise self.error(begun, "such a {…}", "it is {n}, {n,} or {n,m}, up to 1000")
        return f"{{{int(least)}{comma}{int(most) if most else ''}}}"

    def _takes(self, character: str) -> bool:
        if self._text[self._at : self._at + 1] != character:
            return False
        self._at += 1
        return True

    def _next(self) -> str:
        if self.is_done:
            raise self.error(self._at, "an open end", "something is missing there")
        self._at += 1
        return self._text[self._at - 1]

    def _until(self, end: str) -> str:
        found = ""
        while not self._takes(end):
            found += self._next()
        return found


def _literal(point: int) -> str:
    """A character that stands for itself, in and outside of classes, whatever an engine thinks."""
    if point < 0x20 or point == 0x7F:
        return f"\\x{point:02x}"
    character = chr(point)
    return f"\\{character}" if character in _MEANING else character


def _class_of(ranges: Ranges) -> str:
    """A set of code points; those that go on to the last one are said by what is missing."""
    if ranges[-1][1] == LAST:
        missing = _without(ranges)
        if not missing:
            return r"(?:[^\x0a]|\x0a)"
        return f"[^{_members(missing)}]"
    return f"[{_members(ranges)}]"


def _members(ranges: Ranges) -> str:
    return "".join(
        _literal(first) if first == last else f"{_literal(first)}-{_literal(last)}"
        for first, last in ranges
    )


def _united(ranges: Iterable[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def _without(ranges: Ranges) -> Ranges:
    """All other code points."""
    return tuple(_gaps(ranges))


def _gaps(ranges: Ranges) -> Iterator[tuple[int, int]]:
    begin = 0
    for first, last in ranges:
        if begin < first:
            yield begin, first - 1
        begin = last + 1
    if begin <= LAST:
        yield begin, LAST
