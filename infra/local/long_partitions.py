"""Queries of long partitions, which the emulator answers by looking at every row there is.

For each page it parses the condition anew for each row of the partition, so that a walk through a
hundred thousand events takes minutes. Here the rows that a page can be made of are found by their
sort keys first; the emulator does with these what it would do with all.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from functools import wraps
from types import ModuleType
from typing import Any, Final

LONG: Final = 1_000  # rows from which on it matters
# A page ends at 1 MB. A row at each end of a span may be none of it after all, and has 400 KB.
_PAGE_BYTES: Final = 2 * 1024 * 1024
_OPERAND: Final = r"\s*(:\w+)\s*"
_BETWEEN: Final = re.compile(rf"\bsk\s+BETWEEN{_OPERAND}AND{_OPERAND}$")
_BEGINS: Final = re.compile(rf"\bbegins_with\s*\(\s*sk\s*,{_OPERAND}\)$")
_COMPARES: Final = re.compile(rf"\bsk\s*(<=|>=|<|>|=){_OPERAND}$")
_LAST: Final = "\U0010ffff"

Span = tuple[str, str]
Rows = dict[str, dict[str, Any]]
Size = Callable[[dict[str, Any]], int]


def apply(dynamodb: ModuleType) -> None:
    """Let the emulator look at the rows of a page only."""
    query: Callable[[dict[str, Any]], Any] = dynamodb._query

    @wraps(query)
    def query_narrowed(data: dict[str, Any]) -> Any:
        table = dynamodb._tables.get(data.get("TableName"))
        wanted = _wanted(data, table, dynamodb._item_size_bytes) if table else None
        if table is None or wanted is None:
            return query(data)
        pk, rows = wanted
        partition = table["items"][pk]
        table["items"][pk] = rows
        try:
            return query(data)
        finally:
            table["items"][pk] = partition

    dynamodb.__dict__["_query"] = query_narrowed


def _wanted(
    data: Mapping[str, Any], table: Mapping[str, Any], size: Size
) -> tuple[str, Rows] | None:
    """The partition that is asked, and the rows that a page of it can be made of.

    None where all of them have to be looked at.
    """
    values = data.get("ExpressionAttributeValues", {})
    condition = str(data.get("KeyConditionExpression", "")).strip()
    if "IndexName" in data or not condition.startswith("pk = :pk") or table["sk_name"] != "sk":
        return None
    pk = str(values.get(":pk", {}).get("S"))
    partition = table["items"].get(pk, {})
    span = _span(condition, values)
    if span is None or len(partition) < LONG:
        return None
    names = sorted(partition)
    first, end = bisect_left(names, span[0]), bisect_right(names, span[1])
    forward = data.get("ScanIndexForward", True)
    if "ExclusiveStartKey" in data:
        start = data["ExclusiveStartKey"]["sk"]["S"]
        first = max(first, bisect_left(names, start)) if forward else first
        end = end if forward else min(end, bisect_right(names, start))
    found = names[first:end] if forward else names[first:end][::-1]
    rows: Rows = {}
    filled = 0
    for name in found[: int(data.get("Limit", len(names))) + 2]:
        rows[name] = partition[name]
        filled += size(partition[name])
        if filled > _PAGE_BYTES:
            break
    return pk, rows


def _span(condition: str, values: Mapping[str, Any]) -> Span | None:
    """The first and the last sort key that can meet a condition; None when it is not known."""

    def text(name: str) -> str:
        return str(values[name]["S"])

    if condition == "pk = :pk":
        return "", _LAST
    if found := _BETWEEN.search(condition):
        return text(found[1]), text(found[2])
    if found := _BEGINS.search(condition):
        return text(found[1]), text(found[1]) + _LAST
    if found := _COMPARES.search(condition):
        operator, value = found[1], text(found[2])
        return (
            value if operator in (">", ">=", "=") else "",
            value if operator in ("<", "<=", "=") else _LAST,
        )
    return None
