"""The money of journeys: what their messages have cost, counted before each is claimed.

A message takes its price first and looks afterwards whether all that was taken fits: whoever takes
at the same time sees it, so what is claimed never comes to more than the budget, however many
dispatchers there are. What was not claimed or surely not taken by its provider is given back.

The row of the message says what it has taken, in the transaction that counts it. So no repetition
counts twice, and what somebody took who died before the claim is given back by whoever comes next.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.figures import FiguresReader
from shared.aws.items import to_item
from shared.aws.message_rows import item_key, message_key, moving
from shared.aws.transactions import transact
from shared.domain.journeys.money import Paid, Spend
from shared.domain.messages.model import MessageRequest, MessageStatus
from shared.errors import ConflictError

MICROS: Final = "micros"
# Eight shards count what all messages of a journey cost, so busy dispatchers meet in one.
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)


class Purse:
    """What journeys have spent; every method raises TransientError when AWS is busy."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table
        self._figures = FiguresReader(client, profiles_table)

    def spent(self, workspace_id: str, subject: str) -> int:
        """Millionths of a dollar that were taken, strongly consistent."""
        with faults_are_transient():
            return self._figures.of(workspace_id, "SPENT", subject).get(MICROS, 0)

    def take(self, request: MessageRequest, status: MessageStatus, spend: Spend) -> bool:
        """Take what a message of this status costs; says whether it fits, and takes nothing else.

        Raises ConflictError when somebody else moved the message, or took for it.
        """
        said = {"status": status, "paid": spend.micros, "paid_from": spend.subject}
        mark = moving(self._table, request, (status,), said)
        free = f"({mark['ConditionExpression']}) AND attribute_not_exists(#paid)"
        self._move(request, mark | {"ConditionExpression": free}, spend.paid, spend.micros)
        if self.spent(request.workspace_id, spend.subject) <= spend.limit:
            return True
        self.give_back(request, spend.paid)
        return False

    def give_back(self, request: MessageRequest, paid: Paid) -> None:
        """Count it no more: the message was not sent. Repeating it does nothing."""
        key = message_key(request.workspace_id, request.profile_id, request.message_id)
        unmark = {
            "TableName": self._table,
            "Key": item_key(key),
            "UpdateExpression": "REMOVE paid, paid_from",
            "ConditionExpression": "paid = :paid AND paid_from = :from",
            "ExpressionAttributeValues": to_item({":paid": paid.micros, ":from": paid.subject}),
        }
        with suppress(ConflictError):
            self._move(request, unmark, paid, -paid.micros)

    def _move(
        self, request: MessageRequest, mark: Mapping[str, Any], paid: Paid, micros: int
    ) -> None:
        tally = keys.tally(request.workspace_id, "SPENT", paid.subject, request.profile_id)
        count = {
            "TableName": self._table,
            "Key": item_key(tally),
            "UpdateExpression": "ADD #micros :micros",
            "ExpressionAttributeNames": {"#micros": MICROS},
            "ExpressionAttributeValues": to_item({":micros": micros}),
        }
        transact(self._client, [{"Update": dict(mark)}, {"Update": count}], pauses=_PAUSES)
