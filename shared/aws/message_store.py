"""Message rows: what was asked for, the claim that precedes every send, and the outcome.

    requested ──claim──▶ claimed ──▶ sent · rejected · unknown
        │    ◀──release──    │
        └──▶ suppressed      └─ a claim that nobody settled becomes unknown, never a second send

The claim is one transaction with everything that can change until the last instant: the enrolment
still runs, the address is not suppressed, and consent is granted where it is needed. Every final
status is counted in the tally of its channel in the transaction that writes it.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    Item,
    cancellation_reasons,
    from_item,
    get_items,
    is_conditional_failure,
    is_contention,
    to_attribute,
)
from shared.aws.profile_rows import profile_of
from shared.domain.instants import parse_instant
from shared.domain.messages.addresses import canonical
from shared.domain.messages.decision import Person, Send
from shared.domain.messages.model import Channel, MessageRequest, MessageStatus
from shared.domain.messages.outcome import Outcome
from shared.domain.messages.reasons import Reason
from shared.errors import ConflictError, TransientError

NO_CHANNEL: Final = "none"  # where messages are counted that ended before a channel was known

_NOT_MET: Final = "ConditionalCheckFailed"
# Eight shards count all messages of a channel, so busy dispatchers meet in one; the outcome of a
# send that happened must not be lost to that.
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """A message and its receiver as they are now."""

    status: MessageStatus
    attempts: int
    claimed_at: datetime | None
    channel: Channel | None
    person: Person


class MessageStore:
    """The messages of all people."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = profiles_table
        self._pause = pause

    def load(self, request: MessageRequest) -> MessageState:
        """Read message, traits and consent, strongly consistent, in one call.

        Raises TransientError when the message is not there (yet) or the table is busy.
        """
        message_key, profile_key, consent_key = (
            keys.Key(keys.person(request.workspace_id, request.profile_id), sk)
            for sk in (
                keys.message(request.message_id),
                keys.PROFILE,
                keys.consent(request.purpose),
            )
        )
        with faults_are_transient():
            found = get_items(self._client, self._table, [message_key, profile_key, consent_key])
        if message_key not in found:
            raise TransientError(f"message {request.message_id} is not written yet")
        message = from_item(found[message_key])
        consent = from_item(found.get(consent_key, {}))
        claimed_at = message.get("claimed_at")
        return MessageState(
            status=message["status"],
            attempts=message.get("attempts", 0),
            claimed_at=parse_instant(claimed_at) if claimed_at else None,
            channel=message.get("channel"),
            person=Person(
                traits=_traits(request, found.get(profile_key)),
                consented=consent.get("granted", False),
            ),
        )

    def claim(
        self, request: MessageRequest, send: Send, attempt: int, now: datetime
    ) -> Reason | None:
        """Take the message for one provider call; gives the reason when it must not be sent.

        Raises ConflictError when somebody else has it, TransientError when the table is busy.
        """
        claimed = {
            "status": "claimed",
            "claimed_at": now,
            "attempts": attempt,
            "channel": send.channel,
            "address": send.address,
        }
        suppression = keys.suppression(
            request.workspace_id, send.channel, canonical(send.channel, send.address)
        )
        actions = [
            {"Update": self._move(request, "requested", claimed)},
            {"ConditionCheck": self._enrolment_runs(request)},
            {"ConditionCheck": self._check(_key(*suppression), "attribute_not_exists(pk)")},
        ]
        if send.consent_needed:
            actions.append({"ConditionCheck": self._consent_granted(request)})
        with faults_are_transient():
            try:
                self._client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                return _refusal(error)
        return None

    def settle(self, request: MessageRequest, outcome: Outcome, now: datetime) -> None:
        """Write the final status and count it; nothing happens to a message that has one."""
        before: MessageStatus = "requested" if outcome.status == "suppressed" else "claimed"
        settled = {
            "status": outcome.status,
            "settled_at": now,
            "reason": outcome.reason,
            "detail": outcome.detail or None,
            "channel": outcome.channel,
            "provider": outcome.provider or None,
            "provider_message_id": outcome.provider_message_id or None,
        }
        tally = keys.tally(
            request.workspace_id, "MESSAGE", outcome.channel or NO_CHANNEL, request.profile_id
        )
        count = {
            "TableName": self._table,
            "Key": _key(*tally),
            "UpdateExpression": "ADD #status :one",
            "ExpressionAttributeNames": {"#status": outcome.status},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        self._write_patiently([{"Update": self._move(request, before, settled)}, {"Update": count}])

    def release(self, request: MessageRequest, detail: str) -> None:
        """Give back a claim whose message the provider surely did not take."""
        requested = {"status": "requested", "detail": detail}
        with faults_are_transient():
            self._client.update_item(**self._move(request, "claimed", requested))

    def _write_patiently(self, actions: list[dict[str, Any]]) -> None:
        for pause in (*_PAUSES, None):
            try:
                self._client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                if is_conditional_failure(error):
                    return  # it has its final status already
                if not is_contention(error):
                    raise
                if pause is None:
                    raise TransientError("the table is busy, try again") from error
                self._pause(pause)
            else:
                return

    def _move(
        self, request: MessageRequest, before: MessageStatus, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Build the update of the message row, which must be in status `before`."""
        known = {name: value for name, value in values.items() if value is not None}
        return {
            "TableName": self._table,
            "Key": _person_key(request, keys.message(request.message_id)),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in known),
            "ConditionExpression": "#status = :before",
            "ExpressionAttributeNames": {f"#{name}": name for name in known},
            "ExpressionAttributeValues": {
                ":before": {"S": before},
                **{f":{name}": to_attribute(value) for name, value in known.items()},
            },
        }

    def _enrolment_runs(self, request: MessageRequest) -> dict[str, Any]:
        return {
            **self._check(
                _person_key(request, keys.enrolment(request.enrolment_id)),
                "#status IN (:active, :completed)",
            ),
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":active": {"S": "active"},
                ":completed": {"S": "completed"},
            },
        }

    def _consent_granted(self, request: MessageRequest) -> dict[str, Any]:
        return {
            **self._check(_person_key(request, keys.consent(request.purpose)), "granted = :yes"),
            "ExpressionAttributeValues": {":yes": {"BOOL": True}},
        }

    def _check(self, key: Item, condition: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": key, "ConditionExpression": condition}


def _refusal(error: ClientError) -> Reason:
    """Read, by position, why a claim was refused; raises when it was not for a reason of ours."""
    taken, *others = cancellation_reasons(error) or ("",)
    if taken == _NOT_MET:
        raise ConflictError("somebody else is sending this message") from error
    reasons: tuple[Reason, ...] = ("enrolment_ended", "suppressed", "no_consent")
    for code, reason in zip(others, reasons, strict=False):
        if code == _NOT_MET:
            return reason
    if is_contention(error):
        raise TransientError("the table is busy, try again") from error
    raise error


def _traits(request: MessageRequest, item: Item | None) -> dict[str, Any]:
    if item is None:
        return {}
    profile = profile_of(request.workspace_id, item)
    return {name: trait.value for name, trait in profile.traits.items()}


def _person_key(request: MessageRequest, sk: str) -> Item:
    return _key(keys.person(request.workspace_id, request.profile_id), sk)


def _key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
