"""Transactions of moto in a time that does not grow with the table.

moto keeps what there was before a transaction as a deep copy of the whole table, made anew for each
of its writes: a hundred of them in a table of a thousand rows take seconds. Only the rows that a
transaction names can change in it, so only those are copied here, once.
"""

import copy
import threading
from collections import defaultdict
from functools import wraps
from typing import Any, Final

_NOW: Final = threading.local()


def apply() -> None:
    """Let moto's transactions copy no more than they can change; a second call changes nothing."""
    from moto.dynamodb import models

    if isinstance(models.copy, Copying):
        return
    transact = models.DynamoDBBackend.transact_write_items

    @wraps(transact)
    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        _NOW.writes, _NOW.kept = transact_items, {}
        try:
            transact(self, transact_items)
        finally:
            _NOW.writes = None

    models.DynamoDBBackend.transact_write_items = transact_write_items
    models.copy = Copying(models.Table)


class Copying:
    """Stands where moto's backend looks for the module `copy`."""

    def __init__(self, table: type) -> None:
        self._table = table

    def deepcopy(self, what: Any) -> Any:
        writes = getattr(_NOW, "writes", None)
        if writes is None or not isinstance(what, self._table):
            return copy.deepcopy(what)
        if what.name not in _NOW.kept:
            _NOW.kept[what.name] = _kept(what, writes)
        return _NOW.kept[what.name]


def _kept(table: Any, writes: list[dict[str, Any]]) -> Any:
    """The table as it is, safe from what these writes do to it."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    kept = copy.copy(table)
    kept.items = defaultdict(dict)
    for value, rows in table.items.items():
        kept.items[value] = dict(rows) if isinstance(rows, dict) else rows
    for write in writes:
        ((_, told),) = write.items()
        key = told.get("Key", told.get("Item"))
        if told.get("TableName") != table.name or key is None:
            continue
        first = DynamoType(key[table.hash_key_attr])
        if first not in kept.items:
            continue
        if table.range_key_attr is None:
            kept.items[first] = copy.deepcopy(kept.items[first])
            continue
        second = DynamoType(key[table.range_key_attr])
        if second in kept.items[first]:
            kept.items[first][second] = copy.deepcopy(kept.items[first][second])
    if table.stream_shard is not None:
        kept.stream_shard = copy.copy(table.stream_shard)
        kept.stream_shard.table = kept
        kept.stream_shard.items = list(table.stream_shard.items)
    return kept
