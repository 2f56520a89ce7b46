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
from dataclasses import dataclass, replace
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
    to_item,
)
from shared.aws.message_rows import BEGINNING, item_key, moving
from shared.aws.message_settling import MessageSettling
from shared.aws.receivers import Receivers, Seen
from shared.aws.suppressions import Suppressions
from shared.aws.transactions import Action, transact
from shared.domain.instants import parse_instant
from shared.domain.messages.decision import Person, Send
from shared.domain.messages.model import Channel, MessageRequest, MessageStatus
from shared.domain.messages.outcome import Outcome
from shared.domain.messages.reasons import Reason
from shared.errors import ConflictError, TransientError

# Why a claim was not made: a reason of the message, or it must be decided on once more.
Refusal = Reason | Literal["consents_changed"]

_NOT_MET: Final = "ConditionalCheckFailed"


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
        self._settling = MessageSettling(client, profiles_table, pause)

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
        checks = [self._check(item_key(suppression), "attribute_not_exists(pk)")]
        if send.consent_matters:
            checks.append(self._consents_are(request, state.seen))
        move = moving(self._table, request, BEGINNING, claimed, ("until", "reason"))
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
        self._settling.settle(request, outcome, now)

    def settle_from_provider(
        self, workspace_id: str, profile_id: str, message_id: str, *, now: datetime, **said: Any
    ) -> bool:
        """Believe a provider's event about a message: see `MessageSettling`."""
        return self._settling.settle_from_provider(
            workspace_id, profile_id, message_id, now=now, **said
        )

    def release(self, request: MessageRequest, detail: str) -> None:
        """Give back a claim whose message the provider surely did not take."""
        self._give_back(request, {"status": "requested", "detail": detail})

    def go_on(self, request: MessageRequest, detail: str, rung: int) -> None:
        """Give back a claim whose template the provider refused, for the template at `rung`."""
        self._give_back(request, {"status": "requested", "detail": detail, "rung": rung})

    def _give_back(self, request: MessageRequest, values: Mapping[str, Any]) -> None:
        """Nothing happens where the provider has told otherwise meanwhile."""
        action: Action = {"Update": moving(self._table, request, ("claimed",), values)}
        with suppress(ConflictError):
            transact(self._client, [action], pauses=(), pause=self._pause)

    def _enrolment_runs(
        self, request: MessageRequest, where: Callable[[str], str]
    ) -> dict[str, Any]:
        """It goes on, or has come to an end of its own; nothing goes out once it was cut.

        Rows from before `ended_by` was kept say by their status alone.
        """
        key = item_key(self._at(request, where(request.enrolment_id)))
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
        key = item_key(keys.Key(keys.person(request.workspace_id, seen.root), keys.CONSENT))
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
