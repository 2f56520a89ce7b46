"""Lets the emulator judge `dynamodb:LeadingKeys`, as AWS does: whose rows a request asks for.

AWS knows the partition keys of a request, and of each item of a transaction by itself. A scan has
none, so that `ForAllValues` lets it pass. The emulator knows no such key, which every condition
with `ForAllValues` would take for a request without rows.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from types import ModuleType
from typing import Any, Final

PARTITION: Final = "pk"  # how both tables call it
CONDITION: Final = "dynamodb:leadingkeys"
_EQUALS: Final = re.compile(r"(#?\w+)\s*=\s*(:\w+)")

_asked: ContextVar[list[str] | None] = ContextVar("asked", default=None)
"""The partition keys of the request, or item of a transaction, that is judged in this context."""


def apply(actions: ModuleType, permissions: ModuleType) -> None:
    """Note the partition keys of each request, and let conditions see them."""
    describe: Callable[[bytes], dict[str, Any]] = actions.dynamodb_service_context
    check: Callable[..., list[Any]] = actions.dynamodb_transaction_checks
    resolve: Callable[[str, Any], Any] = permissions._resolve_condition_key

    @wraps(describe)
    def describe_and_note(body: bytes) -> dict[str, Any]:
        _asked.set(partitions_of(_read(body)))
        return describe(body)

    @wraps(check)
    def check_by_item(action: str, body: bytes, *where: str) -> list[Any]:
        return _EachAlone(check(action, body, *where), items_of(_read(body)))

    @wraps(resolve)
    def resolve_with_rows(key: str, context: Any) -> Any:
        return _asked.get() if key.lower() == CONDITION else resolve(key, context)

    actions.__dict__["dynamodb_service_context"] = describe_and_note
    actions.__dict__["dynamodb_transaction_checks"] = check_by_item
    permissions.__dict__["_resolve_condition_key"] = resolve_with_rows


def asked() -> list[str]:
    """The partition keys of the request that is judged now; none for a scan."""
    return _asked.get() or []


class _EachAlone(list[Any]):
    """The checks of a transaction; while one is made, only the key of its item is seen."""

    def __init__(self, checks: list[Any], keys: list[str]) -> None:
        super().__init__(checks)
        # An item of another shape is refused after this; until then all keys count for all items.
        self._keys = [[key] for key in keys] if len(keys) == len(checks) else [keys] * len(checks)

    def __iter__(self) -> Iterator[Any]:
        for check, keys in zip(super().__iter__(), self._keys, strict=True):
            _asked.set(keys)
            yield check


def partitions_of(request: dict[str, Any]) -> list[str] | None:
    """The partition keys that a request names; None for one that names none, such as a scan."""
    if condition := request.get("KeyConditionExpression"):
        return [_queried(condition, request)]
    found = [_partition(row) for row in _rows(request)] + items_of(request)
    return found or None


def items_of(request: dict[str, Any]) -> list[str]:
    """The partition key of each item of a transaction, in its order."""
    return [
        _partition(detail.get("Item") or detail.get("Key", {}))
        for item in request.get("TransactItems", ())
        for detail in item.values()
    ]


def _rows(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (request[name] for name in ("Key", "Item") if name in request)
    for asked_for in request.get("RequestItems", {}).values():
        if isinstance(asked_for, dict):
            yield from asked_for.get("Keys", ())
        else:
            for change in asked_for:
                put, delete = change.get("PutRequest"), change.get("DeleteRequest")
                yield put.get("Item", {}) if put else (delete or {}).get("Key", {})


def _partition(row: dict[str, Any]) -> str:
    """The key of a row; empty for a row that has none, which the table refuses."""
    value: str = row.get(PARTITION, {}).get("S", "")
    return value


def _queried(condition: str, request: dict[str, Any]) -> str:
    names = request.get("ExpressionAttributeNames", {})
    for name, value in _EQUALS.findall(condition):
        if names.get(name, name) == PARTITION:
            found: str = request.get("ExpressionAttributeValues", {}).get(value, {}).get("S", "")
            return found
    return ""


def _read(body: bytes) -> dict[str, Any]:
    """The document of a request of this protocol; empty for what is none."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}
