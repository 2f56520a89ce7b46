"""The money of journeys: what their messages have cost, counted before each is claimed.

A message takes its price first and looks afterwards whether all that was taken fits: whoever takes
at the same time sees it, so what is claimed never comes to more than the budget, however many
dispatchers there are. What was not claimed or surely not taken by its provider is given back. Who
dies in between leaves the price of one message counted that nobody has spent.
"""

from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.figures import FiguresReader
from shared.aws.items import to_item
from shared.domain.journeys.money import Spend

MICROS: Final = "micros"


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

    def take(self, workspace_id: str, profile_id: str, spend: Spend) -> bool:
        """Take what a message costs; says whether it fits, and takes nothing where it does not."""
        self._add(workspace_id, profile_id, spend.subject, spend.micros)
        if self.spent(workspace_id, spend.subject) <= spend.limit:
            return True
        self.give_back(workspace_id, profile_id, spend)
        return False

    def give_back(self, workspace_id: str, profile_id: str, spend: Spend) -> None:
        """Count it no more: the message was not sent."""
        self._add(workspace_id, profile_id, spend.subject, -spend.micros)

    def _add(self, workspace_id: str, profile_id: str, subject: str, micros: int) -> None:
        key = keys.tally(workspace_id, "SPENT", subject, profile_id)
        with faults_are_transient():
            self._client.update_item(
                TableName=self._table,
                Key=to_item(key._asdict()),
                UpdateExpression="ADD #micros :micros",
                ExpressionAttributeNames={"#micros": MICROS},
                ExpressionAttributeValues=to_item({":micros": micros}),
            )
