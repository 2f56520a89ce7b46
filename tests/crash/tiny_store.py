"""A DynamoDB in memory: the few calls that Rapport makes, with conditions and transactions.

Thousands of small worlds need a store that is made in no time. It keeps to what DynamoDB says of
conditions (nothing compares with what is missing), of updates and of transactions (all or nothing,
each item once, reasons by position); `test_tiny_store.py` holds it to the mocked one. Whatever it
does not know raises.
"""

# ruff: noqa: N803 - arguments have the names that DynamoDB gave them

import re
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from decimal import Decimal
from functools import cache
from typing import Any, Final

from botocore.exceptions import ClientError

Item = dict[str, dict[str, Any]]
Test = Callable[[Item, "Said"], bool]

_TOKEN: Final = re.compile(r"\s*(<>|<=|>=|[=<>(),+-]|[:#]?[A-Za-z_][A-Za-z0-9_]*)")
_MOST_ACTIONS: Final = 100
_ASKED_OF_QUERIES: Final = frozenset(
    (
        *("TableName", "KeyConditionExpression", "FilterExpression", "ProjectionExpression"),
        *("ExpressionAttributeNames", "ExpressionAttributeValues", "ExclusiveStartKey"),
        *("Limit", "ScanIndexForward", "ConsistentRead"),
    )
)


class Said:
    """The names and values that an expression refers to."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._names = request.get("ExpressionAttributeNames", {})
        self._values = request.get("ExpressionAttributeValues", {})

    def name(self, token: str) -> str:
        return self._names[token] if token.startswith("#") else token

    def value(self, item: Item, token: str) -> dict[str, Any] | None:
        return self._values[token] if token.startswith(":") else item.get(self.name(token))


class TinyStore:
    """Tables by name, in them partitions, in them items by sort key."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, dict[str, Any]]] = {}

    def pack(self, item: Item) -> Any:
        """An item as it is kept; whoever overrides this overrides `unpack` too."""
        return item

    def unpack(self, kept: Any) -> Item:
        """An item that nobody else holds."""
        return copy(kept)

    def keep(self, rows: dict[str, Any], sk: str, item: Item) -> None:
        """Put an item into its partition."""
        rows[sk] = self.pack(item)

    # --- reads ----------------------------------------------------------------------------------

    def get_item(self, *, TableName: str, Key: Item, **_: Any) -> dict[str, Any]:
        item = self._find(TableName, Key)
        return {"Item": item} if item else {}

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        found = {
            table: [item for key in asked["Keys"] if (item := self._find(table, key))]
            for table, asked in RequestItems.items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def transact_get_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:
        gets = (one["Get"] for one in TransactItems)
        return {"Responses": [self.get_item(**get) for get in gets]}

    def query(self, **request: Any) -> dict[str, Any]:
        if unknown := request.keys() - _ASKED_OF_QUERIES:
            raise AssertionError(f"a query is not asked for {unknown} here")
        said = Said(request)
        pk = request["ExpressionAttributeValues"][":pk"]["S"]
        test = condition(request["KeyConditionExpression"])
        rows = self.tables.get(request["TableName"], {}).get(pk, {})
        is_forward = request.get("ScanIndexForward", True)
        found = [
            sk
            for sk in sorted(rows, reverse=not is_forward)
            if test({"pk": {"S": pk}, "sk": {"S": sk}}, said)
        ]
        if start := request.get("ExclusiveStartKey"):
            after = start["sk"]["S"]
            found = [sk for sk in found if (sk > after if is_forward else sk < after)]
        limit = request.get("Limit", len(found))
        items = [self.unpack(rows[sk]) for sk in found[:limit]]
        if "FilterExpression" in request:
            fits = condition(request["FilterExpression"])
            items = [item for item in items if fits(item, said)]
        if "ProjectionExpression" in request:
            names = [said.name(name.strip()) for name in request["ProjectionExpression"].split(",")]
            items = [{name: item[name] for name in names if name in item} for item in items]
        answer: dict[str, Any] = {"Items": items, "Count": len(items)}
        if len(found) > limit:
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": {"S": found[limit - 1]}}
        return answer

    # --- writes ---------------------------------------------------------------------------------

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._alone({"Put": request})

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._alone({"Update": request})
        match request.get("ReturnValues", "NONE"):
            case "NONE":
                return {}
            case "ALL_NEW":
                return {"Attributes": self._find(request["TableName"], request["Key"])}
            case other:
                raise AssertionError(f"an update does not give {other} here")

    def delete_item(self, **request: Any) -> dict[str, Any]:
        return self._alone({"Delete": request})

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:
        for table, writes in RequestItems.items():
            for write in writes:
                self._alone({"Put": {"TableName": table, "Item": write["PutRequest"]["Item"]}})
        return {"UnprocessedItems": {}}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:
        keys = [_key(action) for action in TransactItems]
        if len(set(keys)) < len(keys) or not 0 < len(keys) <= _MOST_ACTIONS:
            raise AssertionError(f"no transaction has such items: {keys}")
        codes = [
            "None" if self._holds(action) else "ConditionalCheckFailed" for action in TransactItems
        ]
        if any(code != "None" for code in codes):
            raise ClientError(
                {
                    "Error": {"Code": "TransactionCanceledException", "Message": str(codes)},
                    "CancellationReasons": [{"Code": code} for code in codes],
                },
                "TransactWriteItems",
            )
        for action in TransactItems:
            self._do(action)
        return {}

    def _alone(self, action: dict[str, Any]) -> dict[str, Any]:
        if not self._holds(action):
            code = "ConditionalCheckFailedException"
            raise ClientError({"Error": {"Code": code, "Message": code}}, next(iter(action)))
        self._do(action)
        return {}

    def _holds(self, action: dict[str, Any]) -> bool:
        ((_, request),) = action.items()
        if "ConditionExpression" not in request:
            return True
        item = self._find(request["TableName"], request.get("Key") or request["Item"]) or {}
        return condition(request["ConditionExpression"])(item, Said(request))

    def _do(self, action: dict[str, Any]) -> None:
        ((kind, request),) = action.items()
        table, pk, sk = _key(action)
        rows = self.tables.setdefault(table, {}).setdefault(pk, {})
        match kind:
            case "Put":
                self.keep(rows, sk, dict(request["Item"]))
            case "Delete":
                rows.pop(sk, None)
            case "Update":
                before = self.unpack(rows[sk]) if sk in rows else dict(request["Key"])
                self.keep(rows, sk, updated(request["UpdateExpression"], before, Said(request)))
            case "ConditionCheck":
                pass
            case _:
                raise AssertionError(f"there is no action {kind}")

    def _find(self, table: str, key: Item) -> Item | None:
        kept = self.tables.get(table, {}).get(key["pk"]["S"], {}).get(key["sk"]["S"])
        return None if kept is None else self.unpack(kept)


def _key(action: dict[str, Any]) -> tuple[str, str, str]:
    ((_, request),) = action.items()
    key = request.get("Key") or request["Item"]
    return request["TableName"], key["pk"]["S"], key["sk"]["S"]


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
                    had = before.get(name, {"N": "0"})["N"]
                    after[name] = _sum(had, (said.value(before, part[1]) or {})["N"], 1)
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


def _sum(one: str, other: str, sign: int) -> dict[str, Any]:
    total = Decimal(one) + sign * Decimal(other)
    return {"N": format(total.normalize(), "f") if total else "0"}
