"""When a person gave a sign of life lately, from the timelines of all strands."""

from datetime import datetime
from heapq import nlargest
from itertools import islice
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, query_items, to_item
from shared.domain.events.own import OWN_EVENTS
from shared.domain.identity.person import Person
from shared.domain.instants import parse_instant
from shared.domain.journeys.usual_hour import MOST_INSTANTS

# Most of a timeline is what people did; of what is not, a few pages bring enough.
_PAGE: Final = 2 * MOST_INSTANTS


class ActivityReader:
    """Reads the newest rows of timelines: mostly one call for each strand."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def latest(self, person: Person) -> tuple[datetime, ...]:
        """The latest instants, `MOST_INSTANTS` at most, the last one in front.

        Habits do not change by a second, so the reads are eventually consistent. What Rapport wrote
        itself is no sign of life. Raises TransientError.
        """
        found = (at for strand in person.strands for at in self._of(person.workspace_id, strand))
        return tuple(nlargest(MOST_INSTANTS, found))

    def _of(self, workspace_id: str, strand_id: str) -> list[datetime]:
        values = {":pk": keys.person(workspace_id, strand_id), ":prefix": keys.EVENT_PREFIX}
        own = {f":own{place}": name for place, name in enumerate(sorted(OWN_EVENTS))}
        with faults_are_transient():
            rows = query_items(
                self._client,
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                FilterExpression=f"NOT #name IN ({', '.join(own)})",
                ExpressionAttributeValues=to_item({**values, **own}),
                ExpressionAttributeNames={"#name": "name"},
                ProjectionExpression="occurred_at",
                ScanIndexForward=False,
                Limit=_PAGE,
            )
            newest = islice(rows, MOST_INSTANTS)
            return [parse_instant(from_item(row)["occurred_at"]) for row in newest]
