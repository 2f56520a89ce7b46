"""How messages end: the final status, written and counted once, by us or by the provider's word.

    claimed ──settle──▶ sent · rejected · unknown
       │                                    │
       └──────── the provider's word ───────┴──▶ sent · rejected

A provider's own event can come before we have written what it answered, and after we gave up. It
is believed either way: our own settling finds a final status then and does nothing.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import get_items, to_item
from shared.aws.message_rows import BEGINNING, item_key, message_key, moving, request_of, row_of
from shared.aws.profile_rows import event_item
from shared.aws.transactions import Action, transact
from shared.domain.callbacks.names import BY_NUMBER
from shared.domain.messages.model import Channel, MessageRequest, MessageStatus
from shared.domain.messages.outcome import Outcome
from shared.domain.messages.sent import message_sent
from shared.errors import ConflictError, TransientError

NO_CHANNEL: Final = "none"  # where messages are counted that ended before a channel was known

# Eight shards count all messages of a channel, so busy dispatchers meet in one; the outcome of a
# send that happened must not be lost to that.
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
# Who has been handed over can be told of by its provider; `requested` and `deferred` are messages
# that were given back because the provider surely had not taken them, and it says that it had.
_TELLABLE: Final = ("claimed", "unknown", "requested", "deferred")
_MOST_LOOKS: Final = 3
NUMBERS_KEPT: Final = timedelta(days=7)  # providers report within three


class MessageSettling:
    """Writes the ends of messages; every method raises TransientError when AWS is busy."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = profiles_table
        self._pause = pause

    def settle(
        self,
        request: MessageRequest,
        outcome: Outcome,
        now: datetime,
        again_at: datetime | None = None,
        more: Sequence[Action] = (),
    ) -> None:
        """Write the final status, count it, and tell the timeline of what was sent.

        Nothing happens to a message that has a final status. `again_at` is when one of which nobody
        knows whether it was sent may be sent once more; `more` is done with it, or not at all.
        """
        before = BEGINNING if outcome.status == "suppressed" else ("claimed",)
        with suppress(ConflictError):  # it has its final status already
            self._settle(request, before, outcome, now, again_at, more)

    def send_again(self, request: MessageRequest, channel: Channel | None) -> bool:
        """Let a message be dispatched once more of which nobody knows whether it was sent.

        Says whether it may: not where the provider has told of it since, nor a second time.
        """
        requested = {"status": "requested", "resent": True}
        # What the first try cost stays counted; the second one pays for itself.
        gone = ("again_at", "reason", "paid", "paid_from")
        update = moving(self._table, request, ("unknown",), requested, gone)
        update["ConditionExpression"] += " AND attribute_exists(#again_at)"
        outcome = Outcome(status="unknown", channel=channel)
        tally = self._count(request, outcome, None)
        tally["ExpressionAttributeValues"] = {":one": {"N": "-1"}}
        try:
            transact(self._client, [{"Update": update}, {"Update": tally}], pause=self._pause)
        except ConflictError:
            return False
        return True

    def settle_from_provider(
        self,
        workspace_id: str,
        profile_id: str,
        message_id: str,
        *,
        now: datetime,
        status: Literal["sent", "rejected"] = "sent",
        provider: str = "",
        provider_message_id: str = "",
        detail: str = "",
    ) -> bool:
        """Believe a provider's event about a message: it took the message (`sent`), or refused it.

        The ids are those of the `Handover`. Says whether this made a difference: not where the
        message has such an end already, was never handed over, or the person is gone. Repeating it
        does nothing. A `sent` also is what bounces and complaints say: whoever bounced was sent to.
        """
        key = message_key(workspace_id, profile_id, message_id)
        for _ in range(_MOST_LOOKS):
            with faults_are_transient():
                row = row_of(get_items(self._client, self._table, [key]).get(key))
            if row.get("status") not in _TELLABLE or not row.get("attempts"):
                return False
            request = request_of(workspace_id, profile_id, message_id, row)
            outcome = Outcome(
                status=status,
                channel=row.get("channel"),
                reason="provider_rejected" if status == "rejected" else None,
                detail=detail,
                provider=provider or row.get("provider", ""),
                provider_message_id=provider_message_id or row.get("provider_message_id", ""),
            )
            by_rung = replace(request, template_id=row["template_id"], fallback=())
            with suppress(ConflictError):  # somebody moved it meanwhile: look again
                self._settle(by_rung, (row["status"],), outcome, now, is_there=True)
                return True
        raise TransientError("the message is moving, try again")

    def _settle(
        self,
        request: MessageRequest,
        before: Sequence[MessageStatus],
        outcome: Outcome,
        now: datetime,
        again_at: datetime | None = None,
        more: Sequence[Action] = (),
        *,
        is_there: bool = False,
    ) -> None:
        """Write the end of a message; one that `is_there` has a row, or was erased since."""
        settled = {
            "again_at": again_at,
            "status": outcome.status,
            "settled_at": now,
            "reason": outcome.reason,
            "detail": outcome.detail or None,
            "channel": outcome.channel,
            "provider": outcome.provider or None,
            "provider_message_id": outcome.provider_message_id or None,
        }
        gone = ["until"] if outcome.reason else ["until", "reason"]
        gone += [] if again_at else ["again_at"]
        was_counted: MessageStatus | None = "unknown" if tuple(before) == ("unknown",) else None
        update = moving(self._table, request, before, settled, gone)
        if is_there:
            condition = f"attribute_exists(pk) AND ({update['ConditionExpression']})"
            update["ConditionExpression"] = condition
        actions: list[Action] = [
            {"Update": update},
            {"Update": self._count(request, outcome, was_counted)},
            *more,
        ]
        if outcome.provider in BY_NUMBER and outcome.provider_message_id:
            actions.append(self._numbered(request, outcome, now))
        if outcome.status == "sent":
            sent = event_item(request.profile_id, message_sent(request, outcome.channel, now))
            actions.append({"Put": {"TableName": self._table, "Item": sent}})
        transact(self._client, actions, pauses=_PAUSES, pause=self._pause)

    def _numbered(self, request: MessageRequest, outcome: Outcome, now: datetime) -> Action:
        """Note whose number a provider gave, for its reports will name nothing else."""
        names = outcome.provider, outcome.provider_message_id
        row = {
            **keys.numbered(request.workspace_id, *names)._asdict(),
            "profile_id": request.profile_id,
            "message_id": request.message_id,
            "expires_at": int((now + NUMBERS_KEPT).timestamp()),
        }
        return {"Put": {"TableName": self._table, "Item": to_item(row)}}

    def _count(
        self, request: MessageRequest, outcome: Outcome, before: MessageStatus | None
    ) -> dict[str, Any]:
        """Count a final status, and one less of what the message was counted as before."""
        tally = keys.tally(
            request.workspace_id, "MESSAGE", outcome.channel or NO_CHANNEL, request.profile_id
        )
        said, names = "ADD #status :one", {"#status": str(outcome.status)}
        values = {":one": {"N": "1"}}
        if before is not None:
            said += ", #before :less"
            names["#before"] = before
            values[":less"] = {"N": "-1"}
        return {
            "TableName": self._table,
            "Key": item_key(tally),
            "UpdateExpression": said,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
