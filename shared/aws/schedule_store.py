"""Until when the schedules of journeys were looked at, a row in the catalog table for each."""

from datetime import datetime
from typing import Any

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, query_prefix, to_item
from shared.domain.instants import parse_instant


class ScheduleStore:
    """Looks at schedules; reads are strongly consistent, every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def looked(self, workspace_id: str) -> dict[str, tuple[int, datetime]]:
        """Until when each schedule was looked at, and in which version, by journey."""
        start = keys.Key(keys.broadcasts(workspace_id), keys.SCHEDULE_PREFIX)
        with faults_are_transient():
            rows = [from_item(one) for one in query_prefix(self._client, self._table, start)]
        return {
            row["journey_id"]: (row["version"], parse_instant(row["looked_at"])) for row in rows
        }

    def look_until(self, workspace_id: str, journey_id: str, version: int, at: datetime) -> None:
        """Write down that a schedule was looked at until an instant."""
        row = {
            "pk": keys.broadcasts(workspace_id),
            "sk": keys.schedule(journey_id),
            "journey_id": journey_id,
            "version": version,
            "looked_at": at,
        }
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=to_item(row))
