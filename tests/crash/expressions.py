"""What a DynamoDB in memory understands of expressions: conditions and updates, as AWS means them.

Nothing compares with what is missing, nor with another type. Whatever is not known here raises.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

Item = dict[str, dict[str, Any]]
Test = Callable[[Item, "Said"], bool]

_TOKEN: Final = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[:#]?[A-Za-z_][A-Za-z0-9_]*)")


class Said:
    """The names and values that an expression refers to."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._names = request.get("ExpressionAttributeNames", {})
        self._values = request.get("ExpressionAttributeValues", {})

    def name(self, token: str) -> str:
        return self._names[token] if token.startswith("#") else token

    def value(self, item: Item, token: str) -> dict[str, Any] | None:
        return self._values[token] if token.startswith(":") else item.get(self.name(token))


# --- conditions -----------------------------------------------------------------------------------


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise AssertionError(f"not read: {text[place:]!r}")
        found.append(match[1])
        place = match.end()
    return found


@cache
def condition(text: str) -> Test:
    """The test that a condition or a key condition stands for."""
    reader = _Reader(_tokens(text))
    test = reader.either()
    reader.end()
    return test


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._place = 0

    def end(self) -> None:
        if self._place < len(self._tokens):
            raise AssertionError(f"not read: {self._tokens[self._place :]}")

    def either(self) -> Test:
        tests = [self._both()]
        while self._is("OR"):
            tests.append(self._both())
        return (lambda item, said: any(one(item, said) for one in tests)) if tests[1:] else tests[0]

    def _both(self) -> Test:
        tests = [self._not()]
        while self._is("AND"):
            tests.append(self._not())
        return (lambda item, said: all(one(item, said) for one in tests)) if tests[1:] else tests[0]

    def _not(self) -> Test:
        if self._is("NOT"):
            test = self._not()
            return lambda item, said: not test(item, said)
        if self._is("("):
            test = self.either()
            self._expect(")")
            return test
        return self._one()

    def _one(self) -> Test:
        left = self._next()
        if left in ("attribute_exists", "attribute_not_exists", "begins_with"):
            return self._function(left)
        if left == "size":
            return self._size()
        operator = self._next()
        if operator == "IN":
            return self._in(left)
        if operator == "BETWEEN":
            low = self._next()
            self._expect("AND")
            high = self._next()
            return lambda item, said: (
                _compares(">=", said.value(item, left), said.value(item, low))
                and _compares("<=", said.value(item, left), said.value(item, high))
            )
        right = self._next()
        return lambda item, said: _compares(
            operator, said.value(item, left), said.value(item, right)
        )

    def _function(self, name: str) -> Test:
        self._expect("(")
        path = self._next()
        if name == "begins_with":
            self._expect(",")
            prefix = self._next()
            self._expect(")")
            return lambda item, said: str((said.value(item, path) or {}).get("S", "")).startswith(
                (said.value(item, prefix) or {})["S"]
            )
        self._expect(")")
        wanted = name == "attribute_exists"
        return lambda item, said: (said.name(path) in item) == wanted

    def _size(self) -> Test:
        self._expect("(")
        path = self._next()
        self._expect(")")
        operator, right = self._next(), self._next()
        return lambda item, said: _compares(
            operator, _sized(said.value(item, path)), said.value(item, right)
        )

    def _in(self, left: str) -> Test:
        self._expect("(")
        values = [self._next()]
        while self._is(","):
            values.append(self._next())
        self._expect(")")
        return lambda item, said: any(
            _compares("=", said.value(item, left), said.value(item, one)) for one in values
        )

    def _next(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]

    def _is(self, token: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == token:
            self._place += 1
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._is(token):
            raise AssertionError(f"{token} is missing in {self._tokens}")


def _sized(value: dict[str, Any] | None) -> dict[str, Any] | None:
    """How many characters or members; numbers and booleans have no size."""
    if value is None or value.keys() & {"N", "BOOL", "NULL"}:
        return None
    ((_, held),) = value.items()
    return {"N": str(len(held))}


def _compares(operator: str, left: dict[str, Any] | None, right: dict[str, Any] | None) -> bool:
    """Nothing compares with what is missing, nor with another type; `<>` does."""
    if left is None or right is None:
        return operator == "<>" and left is not right
    ((kind, one),) = left.items()
    ((other_kind, other),) = right.items()
    if kind != other_kind:
        return operator == "<>"
    if kind == "N":
        one, other = Decimal(one), Decimal(other)
    match operator:
        case "=":
            return bool(one == other)
        case "<>":
            return bool(one != other)
        case "<":
            return bool(one < other)
        case "<=":
            return bool(one <= other)
        case ">":
            return bool(one > other)
        case ">=":
            return bool(one >= other)
        case _:
            raise AssertionError(f"there is no operator {operator}")


# --- updates --------------------------------------------------------------------------------------


@cache
def _clauses(text: str) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    """(SET, REMOVE or ADD, and its parts as tokens), in their order."""
    found: list[tuple[str, list[tuple[str, ...]]]] = []
    part: list[str] = []
    depth = 0
    for token in [*_tokens(text), "END"]:
        if token in ("SET", "REMOVE", "ADD", "END") or (token == "," and not depth):
            if part:
                found[-1][1].append(tuple(part))
                part = []
            if token not in (",", "END"):
                found.append((token, []))
            continue
        depth += {"(": 1, ")": -1}.get(token, 0)
        part.append(token)
    return tuple((verb, tuple(parts)) for verb, parts in found)


def updated(text: str, before: Item, said: Said) -> Item:
    """An item after an update; all operands are those of before."""
    after = dict(before)
    for verb, parts in _clauses(text):
        for part in parts:
            name = said.name(part[0])
            match verb:
                case "SET":
                    after[name] = _value(part[2:], before, said)
                case "REMOVE":
                    after.pop(name, None)
                case "ADD":
                    after[name] = _added(before.get(name), said.value(before, part[1]) or {})
    return after


def _value(tokens: tuple[str, ...], item: Item, said: Said) -> dict[str, Any]:
    operands = list(_operands(tokens, item, said))
    if len(operands) == 1:
        return operands[0]
    sign = -1 if "-" in tokens else 1
    return _sum(operands[0]["N"], operands[1]["N"], sign)


def _operands(tokens: tuple[str, ...], item: Item, said: Said) -> Iterator[dict[str, Any]]:
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token == "if_not_exists":
            value = said.value(item, tokens[place + 2]) or said.value(item, tokens[place + 4])
            place += 6
        else:
            value = said.value(item, token)
            place += 1
        if value is None:
            raise AssertionError(f"the update refers to {token}, which is not there")
        yield value
        place += 1  # the sign


def _added(had: dict[str, Any] | None, more: dict[str, Any]) -> dict[str, Any]:
    """A number and another, or all members of two sets."""
    ((kind, value),) = more.items()
    if kind == "N":
        return _sum((had or {"N": "0"})["N"], value, 1)
    return {kind: list(dict.fromkeys([*(had or {kind: []})[kind], *value]))}


def _sum(one: str, other: str, sign: int) -> dict[str, Any]:
    total = Decimal(one) + sign * Decimal(other)
    return {"N": format(total.normalize(), "f") if total else "0"}
