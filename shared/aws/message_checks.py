"""What must hold while a message is claimed or put off, each with the reason where it does not."""

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, cancellation_reasons, is_contention, to_item
from shared.aws.message_rows import item_key
from shared.aws.receivers import Seen
from shared.aws.transactions import Action
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.reasons import Reason
from shared.errors import ConflictError, TransientError

Refusal = Reason | Literal["consents_changed", "contacts_changed"]
"""Why a claim was not made: a reason of the message, or it must be decided on once more."""

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


def while_it_runs(
    client: Any,
    table: str,
    request: MessageRequest,
    move: dict[str, Any],
    checks: Sequence[Guarded],
) -> Refusal | None:
    """Move the message while its enrolment runs and all else holds, as `all_or_refusal` does."""
    refusal: Refusal | None = "enrolment_ended"
    for where in (keys.enrolment, keys.past_enrolment):  # the next one may lie in its slot
        runs = Guarded(enrolment_runs(table, request, where), "enrolment_ended")
        refusal = all_or_refusal(client, (Guarded({"Update": move}, None), runs, *checks))
        if refusal != "enrolment_ended":
            break
    return refusal


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
