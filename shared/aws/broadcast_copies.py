"""Who got a broadcast at an address: two people who share one get one copy.

The row is written with the claim, and taken back in the transaction that ends or gives back the
claim of a message that was surely not sent. Else whoever shares the address would wait for a copy
that never comes. Both happen while the message is `claimed`, so the row is its own then.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.message_rows import item_key
from shared.aws.suppressions import Suppressions
from shared.aws.transactions import Action
from shared.domain.messages.decision import Send
from shared.domain.messages.model import MessageRequest

_KEPT: Final = timedelta(days=35)  # longer than a broadcast and its messages take
_IS_FREE_OR_OURS: Final = "attribute_not_exists(pk) OR message_id = :id"


class BroadcastCopies:
    """Builds the actions by which a message takes an address, or leaves it to others."""

    def __init__(self, profiles_table: str, suppressions: Suppressions) -> None:
        """`suppressions` knows the HMAC of addresses."""
        self._table = profiles_table
        self._suppressions = suppressions

    def taking(self, request: MessageRequest, send: Send, now: datetime) -> list[Action]:
        """It is the only one that the address gets; nothing for messages of no broadcast."""
        if not request.broadcast_id:
            return []
        row = {
            **self._key(request, send)._asdict(),
            "message_id": request.message_id,
            "expires_at": int((now + _KEPT).timestamp()),
        }
        return [{"Put": {"Item": to_item(row), **self._if_free_or_ours(request)}}]

    def leaving(self, request: MessageRequest, send: Send | None) -> list[Action]:
        """Another one may have the address; nothing for messages of no broadcast, or no claim."""
        if not request.broadcast_id or send is None:
            return []
        key = item_key(self._key(request, send))
        return [{"Delete": {"Key": key, **self._if_free_or_ours(request)}}]

    def _key(self, request: MessageRequest, send: Send) -> keys.Key:
        digest = self._suppressions.key(request.workspace_id, send.channel, send.address).sk
        step = f"{request.step}.{request.visit}.{send.channel}"
        return keys.copy_of(request.workspace_id, request.broadcast_id, step, digest)

    def _if_free_or_ours(self, request: MessageRequest) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "ConditionExpression": _IS_FREE_OR_OURS,
            "ExpressionAttributeValues": to_item({":id": request.message_id}),
        }
