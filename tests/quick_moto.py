"""moto in half its time, with the same answers.

- It keeps what there was before a transaction as a deep copy of the whole table, made anew for each
  of its writes: a hundred of them in a table of a thousand rows take seconds. Only the rows that a
  transaction names can change in it, so only those are copied here, once.
- It writes an answer by asking of each attribute for all ten types that it might have, under all
  the names by which an object could have them. An attribute has its one type here.
- It looks through all methods of a service at each call. They stay what they are here.
- It really waits for a message to come to an empty queue, which nobody sends meanwhile.
- botocore takes ten milliseconds to make a client, and each test has an AWS and clients of its own.
  What a client asks goes to the AWS of the moment, so a client that was made in the same
  circumstances is taken again. Handlers that a test gives to a client must go with the test.
"""

import copy
import os
import threading
from base64 import b64encode
from collections import defaultdict
from functools import cache, wraps
from typing import Any, Final

from botocore.session import Session

_NOW: Final = threading.local()


def apply() -> None:
    """Let moto do no more than its answers need; a second call changes nothing."""
    from moto.core import responses, serialize
    from moto.dynamodb import models

    if isinstance(models.copy, Copying):
        return
    _shorten_transactions(models)
    _shorten_attributes(serialize.JSONSerializer)
    responses.method_names_from_class = cache(responses.method_names_from_class)
    _hurry_queues()
    _keep_clients()


def _hurry_queues() -> None:
    from moto.sqs.models import SQSBackend

    receive = SQSBackend.receive_message

    @wraps(receive)
    def receive_message(
        self: Any, queue_name: str, count: int, wait_seconds_timeout: int, *more: Any, **named: Any
    ) -> Any:
        return receive(self, queue_name, count, 0, *more, **named)

    SQSBackend.receive_message = receive_message


def _keep_clients() -> None:
    from moto.core.models import botocore_stubber

    make, kept = Session.create_client, dict[Any, Any]()

    @wraps(make)
    def create_client(
        self: Session, service_name: str, *args: Any, config: Any = None, **more: Any
    ) -> Any:
        if args or more or not botocore_stubber.enabled:
            return make(self, service_name, *args, config=config, **more)
        around = frozenset((name, told) for name, told in os.environ.items() if "AWS" in name)
        key = (self, service_name, config, around)
        if key not in kept:
            kept[key] = make(self, service_name, config=config)
        return kept[key]

    Session.create_client = create_client


def _shorten_attributes(serializer: Any) -> None:
    structure = serializer._serialize_type_structure

    @wraps(structure)
    def serialize_type_structure(
        self: Any, serialized: Any, value: Any, shape: Any, key: str
    ) -> None:
        if shape.name == "AttributeValue" and value:
            self._default_serialize(serialized, attribute(value), shape, key)
        else:
            structure(self, serialized, value, shape, key)

    serializer._serialize_type_structure = serialize_type_structure


def attribute(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute's value, `{type: value}`, as it is in JSON: bytes in base64."""
    ((kind, held),) = value.items()
    match kind:
        case "B":
            return {kind: b64encode(held).decode()}
        case "BS":
            return {kind: [b64encode(one).decode() for one in held]}
        case "L":
            return {kind: [attribute(one) for one in held]}
        case "M":
            return {kind: {name: attribute(one) for name, one in held.items()}}
        case _:
            return value


def _shorten_transactions(models: Any) -> None:
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
