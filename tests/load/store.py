"""A DynamoDB in memory with a stream: rows as bytes, so that they are known from all else."""

# ruff: noqa: N803 - arguments have the names that DynamoDB gave them

import marshal
from base64 import b64encode
from collections import OrderedDict, deque
from typing import Any, Final
from zlib import crc32

from shared.aws import keys
from tests.conftest import PROFILES_TABLE
from tests.crash.tiny_store import Item, TinyStore

SHARDS: Final = 4
_TOKENS: Final = 1_000  # of transactions, which DynamoDB remembers for ten minutes

Record = dict[str, Any]


class StreamedStore(TinyStore):
    """The calls as the API names them; what update_tags is to hear of waits in `shards`."""

    def __init__(self) -> None:
        super().__init__()
        self.shards: list[deque[Record]] = [deque() for _ in range(SHARDS)]
        self._serial = 0
        self._tokens: OrderedDict[str, None] = OrderedDict()

    def pack(self, item: Item) -> bytes:
        return marshal.dumps(item)

    def unpack(self, kept: bytes) -> Item:
        return marshal.loads(kept)  # type: ignore[no-any-return]

    def keep(self, rows: dict[str, Any], sk: str, item: Item) -> None:
        """What stays here is made here, so that whoever counts memory knows whose it is."""
        rows[sk if sk in rows else own(sk)] = self.pack(item)

    def transact_write_items(
        self, *, TransactItems: list[dict[str, Any]], ClientRequestToken: str = ""
    ) -> dict[str, Any]:
        """The same token again is the same transaction, which is done."""
        if ClientRequestToken in self._tokens:
            return {}
        answer = super().transact_write_items(TransactItems=TransactItems)
        if ClientRequestToken:
            self._tokens[ClientRequestToken] = None
            if len(self._tokens) > _TOKENS:
                self._tokens.popitem(last=False)
        return answer

    def _do(self, action: dict[str, Any]) -> None:
        ((_, request),) = action.items()
        key = request.get("Key") or request["Item"]
        partitions = self.tables.setdefault(request["TableName"], {})
        if key["pk"]["S"] not in partitions:
            partitions[own(key["pk"]["S"])] = {}
        is_told = request["TableName"] == PROFILES_TABLE and _is_told(key["sk"]["S"])
        before = self._find(PROFILES_TABLE, key) if is_told else None
        super()._do(action)
        after = self._find(PROFILES_TABLE, key) if is_told else None
        # As the filters of the event source: no removals, and of events only new ones.
        if after is None or after == before or (before and key["sk"]["S"] != keys.PROFILE):
            return
        self._serial += 1
        pk = key["pk"]["S"]
        record = {
            "eventID": f"e{self._serial}",
            "eventName": "MODIFY" if before else "INSERT",
            "eventSource": "aws:dynamodb",
            "dynamodb": {
                "Keys": {"pk": key["pk"], "sk": key["sk"]},
                "NewImage": {name: _as_json(value) for name, value in after.items()},
                "SequenceNumber": str(10**23 + self._serial),
            },
        }
        self.shards[crc32(pk.encode()) % SHARDS].append(record)


def own(text: str) -> str:
    """The same text, made anew."""
    return text.encode().decode()


def _is_told(sk: str) -> bool:
    return sk == keys.PROFILE or sk.startswith((keys.EVENT_PREFIX, keys.ENROLMENT_PREFIX))


def _as_json(value: dict[str, Any]) -> dict[str, Any]:
    """An attribute as Lambda hands it over: bytes in base64, which they are on the wire already."""
    packed = value.get("B")
    return {"B": b64encode(packed).decode()} if isinstance(packed, bytes) else value
