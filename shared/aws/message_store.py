"""Message rows: what was asked for, the claim that precedes every send, and the outcome.

     no row   ──claim──▶ claimed ──▶ sent · rejected · unknown
    requested ◀─release──    │
        └──▶ suppressed      └─ a claim that nobody settled becomes unknown, never a second send

That a message was asked for stands in the trace of its enrolment and comes with the queue, so it
has no row before it is claimed or suppressed; what a provider did not take is `requested` again.
The claim is one transaction with everything that can change until the last instant: the enrolment
still runs, the address is not suppressed, and the person's consents are as they were decided on.
They lie at the strand that answers for the person, not always the one of enrolment and message;
when a merge has moved them, the claim finds them gone, and the message is decided on again. Every
final status is counted in the tally of its channel in the transaction that writes it, and a message
that was sent is an event of the person from then on.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    Item,
    cancellation_reasons,
    from_item,
    get_items,
    is_contention,
    to_attribute,
    to_item,
)
from shared.aws.profile_rows import event_item
from shared.aws.receivers import Receivers, Seen
from shared.aws.suppressions import Suppressions
from shared.aws.transactions import Action, transact
from shared.domain.instants import parse_instant
from shared.domain.messages.decision import Person, Send
from shared.domain.messages.model import Channel, MessageRequest, MessageStatus
from shared.domain.messages.outcome import Outcome
from shared.domain.messages.reasons import Reason
from shared.domain.messages.sent import message_sent
from shared.domain.text import to_text
from shared.errors import ConflictError, TransientError

# Why a claim was not made: a reason of the message, or it must be decided on once more.
Refusal = Reason | Literal["consents_changed"]

NO_CHANNEL: Final = "none"  # where messages are counted that ended before a channel was known

_NOT_MET: Final = "ConditionalCheckFailed"
# Eight shards count all messages of a channel, so busy dispatchers meet in one; the outcome of a
# send that happened must not be lost to that.
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """A message and its receiver as they are now; below `rung` no template is tried any more."""

    status: MessageStatus
    attempts: int
    claimed_at: datetime | None
    channel: Channel | None
    person: Person
    seen: Seen
    rung: int = 0


class MessageStore:
    """The messages of all people."""

    def __init__(
        self,
        client: Any,
        profiles_table: str,
        suppressions: Suppressions,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = profiles_table
        self._suppressions = suppressions
        self._receivers = Receivers(client, profiles_table)
        self._pause = pause

    def load(self, request: MessageRequest) -> MessageState | None:
        """Read message, traits and consents, strongly consistent.

        One call, and some more for people who were merged. None when the person is erased. Raises
        TransientError when the table is busy.
        """
        message_key = self._at(request, keys.message(request.message_id))
        profile_key, consent_key = self._at(request, keys.PROFILE), self._at(request, keys.CONSENT)
        found = self._get((message_key, profile_key, consent_key))
        if message_key not in found and profile_key not in found:
            return None
        receiver = self._receivers.of(
            request.workspace_id,
            request.profile_id,
            found.get(profile_key),
            found.get(consent_key),
        )
        if receiver is None:
            return None
        message = from_item(found.get(message_key, {}))
        claimed_at = message.get("claimed_at")
        return MessageState(
            status=message.get("status", "requested"),
            attempts=message.get("attempts", 0),
            claimed_at=parse_instant(claimed_at) if claimed_at else None,
            channel=message.get("channel"),
            person=receiver.person,
            seen=receiver.seen,
            rung=message.get("rung", 0),
        )

    def look_again(self, request: MessageRequest, state: MessageState) -> MessageState | None:
        """The same with the person's consents as of one instant; None when the person is erased.

        What `load` reads can lie on both sides of a merge, and a refusal must not be made up.
        """
        standing = self._receivers.at_once(request.workspace_id, request.profile_id)
        if standing is None:
            return None
        person = replace(state.person, consents=standing.kept.decisions)
        return replace(state, person=person, seen=Seen(standing.root, standing.kept.version))

    def claim(
        self, request: MessageRequest, state: MessageState, send: Send, now: datetime
    ) -> Refusal | None:
        """Take the message for one provider call; gives the reason when it must not be sent.

        `consents_changed` is none: load the message and decide again. Raises ConflictError when
        somebody else has it, TransientError when the table is busy.
        """
        claimed = {
            "status": "claimed",
            "claimed_at": now,
            "attempts": state.attempts + 1,
            "channel": send.channel,
            "address": send.address,
        }
        suppression = self._suppressions.key(request.workspace_id, send.channel, send.address)
        checks = [self._check(_item_key(suppression), "attribute_not_exists(pk)")]
        if send.consent_matters:
            checks.append(self._consents_are(request, state.seen))
        move = self._move(request, "requested", claimed)
        refusal = self._claim(move, self._enrolment_runs(request, keys.enrolment), *checks)
        if refusal == "enrolment_ended":  # or the next one lies in its slot
            past = self._enrolment_runs(request, keys.past_enrolment)
            refusal = self._claim(move, past, *checks)
        return refusal

    def _claim(self, move: dict[str, Any], *checks: dict[str, Any]) -> Refusal | None:
        actions = [{"Update": move}, *({"ConditionCheck": check} for check in checks)]
        with faults_are_transient():
            try:
                self._client.transact_write_items(TransactItems=actions)
            except ClientError as error:
                return _refusal(error)
        return None

    def settle(self, request: MessageRequest, outcome: Outcome, now: datetime) -> None:
        """Write the final status, count it, and tell the timeline of what was sent.

        Nothing happens to a message that has a final status.
        """
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
            "Key": _item_key(tally),
            "UpdateExpression": "ADD #status :one",
            "ExpressionAttributeNames": {"#status": outcome.status},
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        actions: list[Action] = [
            {"Update": self._move(request, before, settled)},
            {"Update": count},
        ]
        if outcome.status == "sent":
            sent = event_item(request.profile_id, message_sent(request, outcome.channel, now))
            actions.append({"Put": {"TableName": self._table, "Item": sent}})
        with suppress(ConflictError):  # it has its final status already
            transact(self._client, actions, pauses=_PAUSES, pause=self._pause)

    def release(self, request: MessageRequest, detail: str) -> None:
        """Give back a claim whose message the provider surely did not take."""
        requested = {"status": "requested", "detail": detail}
        with faults_are_transient():
            self._client.update_item(**self._move(request, "claimed", requested))

    def go_on(self, request: MessageRequest, detail: str, rung: int) -> None:
        """Give back a claim whose template the provider refused, for the template at `rung`."""
        requested = {"status": "requested", "detail": detail, "rung": rung}
        with faults_are_transient():
            self._client.update_item(**self._move(request, "claimed", requested))

    def _move(
        self, request: MessageRequest, before: MessageStatus, values: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Build the update of the message row, which must be in status `before`.

        The first one makes the row: it says what was asked for as well.
        """
        condition = "#status = :before"
        if before == "requested":
            condition = f"attribute_not_exists(pk) OR {condition}"
            values = {**_asked(request), **values}
        known = {name: value for name, value in values.items() if value is not None}
        return {
            "TableName": self._table,
            "Key": _item_key(self._at(request, keys.message(request.message_id))),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in known),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in known},
            "ExpressionAttributeValues": {
                ":before": {"S": before},
                **{f":{name}": to_attribute(value) for name, value in known.items()},
            },
        }

    def _enrolment_runs(
        self, request: MessageRequest, where: Callable[[str], str]
    ) -> dict[str, Any]:
        """It goes on, or has come to an end of its own; nothing goes out once it was cut.

        Rows from before `ended_by` was kept say by their status alone.
        """
        key = _item_key(self._at(request, where(request.enrolment_id)))
        own_end = "#status IN (:active, :completed) AND NOT ended_by = :goal"
        values = {
            ":id": request.enrolment_id,
            ":active": "active",
            ":completed": "completed",
            ":goal": "goal",
            ":exit": "exit_step",
        }
        return {
            **self._check(key, f"enrolment_id = :id AND (({own_end}) OR ended_by = :exit)"),
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": to_item(values),
        }

    def _consents_are(self, request: MessageRequest, seen: Seen) -> dict[str, Any]:
        key = _item_key(keys.Key(keys.person(request.workspace_id, seen.root), keys.CONSENT))
        if not seen.version:
            return self._check(key, "attribute_not_exists(pk)")
        return {
            **self._check(key, "#version = :seen"),
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":seen": seen.version}),
        }

    def _at(self, request: MessageRequest, sk: str) -> keys.Key:
        return keys.Key(keys.person(request.workspace_id, request.profile_id), sk)

    def _get(self, wanted: Iterable[keys.Key]) -> dict[keys.Key, Item]:
        with faults_are_transient():
            return get_items(self._client, self._table, wanted)

    def _check(self, key: Item, condition: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": key, "ConditionExpression": condition}


def _refusal(error: ClientError) -> Refusal:
    """Read, by position, why a claim was refused; raises when it was not for a reason of ours."""
    taken, *others = cancellation_reasons(error) or ("",)
    if taken == _NOT_MET:
        raise ConflictError("somebody else is sending this message") from error
    reasons: tuple[Refusal, ...] = ("enrolment_ended", "suppressed", "consents_changed")
    for code, reason in zip(others, reasons, strict=False):
        if code == _NOT_MET:
            return reason
    if is_contention(error):
        raise TransientError("the table is busy, try again") from error
    raise error


def _asked(request: MessageRequest) -> dict[str, Any]:
    """What the row of a message says of it for good; workspace, desk and id are in its key."""
    row = asdict(request)
    row["fallback"] = to_text(request.fallback) if request.fallback else None
    return {name: row[name] for name in row.keys() - {"workspace_id", "profile_id", "message_id"}}


def _item_key(key: keys.Key) -> Item:
    return to_item(key._asdict())
