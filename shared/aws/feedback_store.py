"""What came back of messages, written beside them: hits to be judged, and events of the person.

A message's row says what the message was, and that its person is still there: rows go with an
erasure, and whatever comes afterwards finds nothing to be written to.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.figures import FiguresReader
from shared.aws.items import from_item, is_conditional_failure, to_attribute, to_item
from shared.aws.profile_rows import event_item
from shared.aws.transactions import Action, transact
from shared.domain.events.model import Event
from shared.domain.feedback.hits import Trace
from shared.domain.feedback.told import About
from shared.domain.instants import parse_instant
from shared.domain.messages.links import Ref
from shared.errors import ConflictError

MOST_HITS: Final = 60  # of a message are kept to be judged together; more are a machine's
HEARD: Final = "HEARD"
HEARD_KEPT: Final = timedelta(days=3)

_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and what is known of its way; `delivered_at` is None before anybody said so.

    `address` is where it went by the channel that `about` names; empty where that is not known.
    """

    about: About
    delivered_at: datetime | None
    hits: tuple[Trace, ...]
    address: str = ""


class FeedbackStore:
    """Every method raises TransientError when AWS is busy or out of reach."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = profiles_table
        self._pause = pause
        self._figures = FiguresReader(client, profiles_table)

    def find(self, ref: Ref) -> Sent | None:
        """The message, strongly consistent; None when there is none, or none any more."""
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table, Key=_message_key(ref), ConsistentRead=True
            ).get("Item")
        if not item:
            return None
        row = from_item(item)
        told = row.get("delivered_at") or row.get("settled_at")
        return Sent(
            About(
                row["journey_id"],
                row["journey_version"],
                row["template_id"],
                row["step"],
                row.get("channel"),
                ref.message_id,
            ),
            parse_instant(told) if told else None,
            tuple(map(Trace.of_text, row.get("hits", ()))),
            row.get("address") or "",
        )

    def numbered(self, workspace_id: str, provider: str, number: str) -> Ref | None:
        """The message that a provider gave this number; None where nobody noted it."""
        key = keys.numbered(workspace_id, provider, number)
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True
            ).get("Item")
        if not item:
            return None
        row = from_item(item)
        return Ref(workspace_id, row["profile_id"], row["message_id"])

    def note(self, ref: Ref, trace: Trace) -> None:
        """Keep a hit beside its message, so that others are judged in its light."""
        update = {
            "TableName": self._table,
            "Key": _message_key(ref),
            "UpdateExpression": "ADD hits :hit",
            "ConditionExpression": "attribute_exists(pk)"
            " AND (attribute_not_exists(hits) OR size(hits) < :most)",
            "ExpressionAttributeValues": {
                ":hit": {"SS": [trace.to_text()]},
                ":most": {"N": str(MOST_HITS)},
            },
        }
        try:
            with faults_are_transient():
                self._client.update_item(**update)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise

    def tell(
        self,
        ref: Ref,
        event: Event,
        *,
        mark: Mapping[str, datetime] | None = None,
        counted: tuple[str, str] | None = None,
    ) -> bool:
        """Write an event into the timeline of the message's strand, once; say whether it was new.

        In the same transaction `mark` sets instants of the message's row, and `counted`, (subject,
        name), counts one.
        """
        put = {
            "TableName": self._table,
            "Item": event_item(ref.profile_id, event),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        actions: list[Action] = [{"Put": put}, self._marked(ref, mark or {})]
        if counted:
            actions.append(self._counted(ref, *counted, event.received_at))
        with suppress(ConflictError):  # told before, or the person is gone
            transact(self._client, actions, pauses=_PAUSES, pause=self._pause)
            return True
        return False

    def answer(self, ref: Ref, question: str, answer: str, event: Event) -> bool:
        """Write an answer into the timeline, unless it is the last one given; say whether so."""
        name = f"answer_{sha256(question.encode()).hexdigest()[:16]}"
        put = {"TableName": self._table, "Item": event_item(ref.profile_id, event)}
        update = {
            "TableName": self._table,
            "Key": _message_key(ref),
            "UpdateExpression": "SET #name = :answer",
            "ConditionExpression": "attribute_exists(pk)"
            " AND (attribute_not_exists(#name) OR #name <> :answer)",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": {":answer": {"S": answer}},
        }
        with suppress(ConflictError):
            transact(
                self._client,
                [{"Put": put}, {"Update": update}],
                pauses=_PAUSES,
                pause=self._pause,
            )
            return True
        return False

    def heard(self, workspace_id: str, subjects: list[str]) -> dict[str, int]:
        """What was counted under all these subjects together."""
        sums: dict[str, int] = {}
        for subject in subjects:
            for name, n in self._figures.of(workspace_id, HEARD, subject).items():
                sums[name] = sums.get(name, 0) + n
        return sums

    def _marked(self, ref: Ref, mark: Mapping[str, datetime]) -> Action:
        there = {
            "TableName": self._table,
            "Key": _message_key(ref),
            "ConditionExpression": "attribute_exists(pk)",
        }
        if not mark:
            return {"ConditionCheck": there}
        return {
            "Update": {
                **there,
                "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in mark),
                "ExpressionAttributeNames": {f"#{name}": name for name in mark},
                "ExpressionAttributeValues": {
                    f":{name}": to_attribute(at) for name, at in mark.items()
                },
            }
        }

    def _counted(self, ref: Ref, subject: str, name: str, now: datetime) -> Action:
        expires = int((now + HEARD_KEPT).timestamp())
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_item(
                    keys.tally(ref.workspace_id, HEARD, subject, ref.profile_id)._asdict()
                ),
                "UpdateExpression": "ADD #name :one SET expires_at = :expires",
                "ExpressionAttributeNames": {"#name": name},
                "ExpressionAttributeValues": to_item({":one": 1, ":expires": expires}),
            }
        }


def _message_key(ref: Ref) -> dict[str, Any]:
    key = keys.Key(keys.person(ref.workspace_id, ref.profile_id), keys.message(ref.message_id))
    return to_item(key._asdict())
