"""What must hold while a message is claimed or put off, each with the reason where it does not."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, cancellation_reasons, is_contention, to_item
from shared.aws.message_rows import item_key
from shared.aws.receivers import Seen
from shared.aws.transactions import Action
from shared.domain.messages.model import Channel, MessageRequest
from shared.domain.messages.reasons import Reason
from shared.errors import ConflictError, TransientError

Refusal = Reason | Literal["consents_changed", "contacts_changed"]
"""Why a claim was not made: a reason of the message, or it must be decided on once more."""

_COPIES_KEPT: Final = timedelta(days=35)  # longer than a broadcast and its messages take
_NOT_MET: Final = "ConditionalCheckFailed"


class Guarded(NamedTuple):
    """An action of a transaction, and what it means that its condition does not hold.

    None: somebody else has the message.
    """

    action: Action
    refusal: Refusal | None


def all_or_refusal(client: Any, guarded: Sequence[Guarded]) -> Refusal | None:
    """Do all actions, or give the first reason against them, in their order.

    Raises ConflictError when somebody else has the message, TransientError when the table is busy.
    """
    with faults_are_transient():
        try:
            client.transact_write_items(TransactItems=[one.action for one in guarded])
        except ClientError as error:
            return _refusal(error, [one.refusal for one in guarded])
    return None


def _refusal(error: ClientError, refusals: Sequence[Refusal | None]) -> Refusal:
    """Read, by position, why nothing was done; raises when it was not for a reason of ours."""
    for code, refusal in zip(cancellation_reasons(error), refusals, strict=False):
        if code == _NOT_MET:
            if refusal is None:
                raise ConflictError("somebody else is sending this message") from error
            return refusal
    if is_contention(error):
        raise TransientError("the table is busy, try again") from error
    raise error


def enrolment_runs(table: str, request: MessageRequest, where: Callable[[str], str]) -> Action:
    """It goes on, or has come to an end of its own; nothing goes out once it was cut.

    Rows from before `ended_by` was kept say by their status alone.
    """
    person = keys.person(request.workspace_id, request.profile_id)
    key = item_key(keys.Key(person, where(request.enrolment_id)))
    own_end = "#status IN (:active, :completed) AND NOT ended_by = :goal"
    values = {
        ":id": request.enrolment_id,
        ":active": "active",
        ":completed": "completed",
        ":goal": "goal",
        ":exit": "exit_step",
    }
    return check(
        table,
        key,
        f"enrolment_id = :id AND (({own_end}) OR ended_by = :exit)",
        {"#status": "status"},
        values,
    )


def consents_are(table: str, request: MessageRequest, seen: Seen) -> Action:
    """The consents of the person are those that were looked at."""
    key = item_key(keys.Key(keys.person(request.workspace_id, seen.root), keys.CONSENT))
    if not seen.version:
        return check(table, key, "attribute_not_exists(pk)")
    return check(table, key, "#version = :seen", {"#version": "version"}, {":seen": seen.version})


def is_free(table: str, key: keys.Key) -> Action:
    """There is no row of this key."""
    return check(table, item_key(key), "attribute_not_exists(pk)")


def is_only_copy(
    table: str, request: MessageRequest, digest: str, channel: Channel, now: datetime
) -> Action:
    """It is the one that an address gets of a broadcast, which is written down."""
    step = f"{request.step}.{request.visit}.{channel}"
    key = keys.copy_of(request.workspace_id, request.broadcast_id, step, digest)
    row = {
        **key._asdict(),
        "message_id": request.message_id,
        "expires_at": int((now + _COPIES_KEPT).timestamp()),
    }
    return {
        "Put": {
            "TableName": table,
            "Item": to_item(row),
            "ConditionExpression": "attribute_not_exists(pk) OR message_id = :id",
            "ExpressionAttributeValues": to_item({":id": request.message_id}),
        }
    }


def check(
    table: str,
    key: Item,
    condition: str,
    names: dict[str, str] | None = None,
    values: dict[str, Any] | None = None,
) -> Action:
    """The action that only looks."""
    request: dict[str, Any] = {"TableName": table, "Key": key, "ConditionExpression": condition}
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = to_item(values)
    return {"ConditionCheck": request}
