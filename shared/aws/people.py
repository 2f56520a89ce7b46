"""One person as operators see them: every row of the partition, and the timeline in pages."""

from typing import Any, Final, NamedTuple

from shared.aws import keys
from shared.aws.items import from_item, query_items

Row = dict[str, Any]

_AFTER_EVENTS: Final = keys.EVENT_PREFIX[:-1] + "$"  # `$` follows `#`: the first key after EVT#…


class Page(NamedTuple):
    """Timeline rows, newest first by key, and the sort key to go on after."""

    rows: list[Row]
    after: str | None


class People:
    """The profiles table of one deployment."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def find(self, workspace_id: str, kind: str, value: str) -> str | None:
        """The profile that an identifier points to."""
        row = self._get(*keys.identifier(workspace_id, kind, value))
        return row["profile_id"] if row else None

    def rows(self, workspace_id: str, profile_id: str) -> list[Row]:
        """Everything of a person but the timeline, in the order of sort keys."""
        pk = keys.person(workspace_id, profile_id)
        return [
            *self._query(pk, "sk < :edge", keys.EVENT_PREFIX),
            *self._query(pk, "sk >= :edge", _AFTER_EVENTS),
        ]

    def timeline(self, workspace_id: str, profile_id: str, limit: int, after: str | None) -> Page:
        """At most `limit` events (fewer when they are large), going on after a sort key."""
        pk = keys.person(workspace_id, profile_id)
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND begins_with(sk, :prefix)",
            "ExpressionAttributeValues": {":pk": {"S": pk}, ":prefix": {"S": keys.EVENT_PREFIX}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if after:
            request["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": after}}
        page = self._client.query(**request)
        last = page.get("LastEvaluatedKey")
        return Page([from_item(item) for item in page["Items"]], last["sk"]["S"] if last else None)

    def _query(self, pk: str, range_condition: str, edge: str) -> list[Row]:
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk AND {range_condition}",
            ExpressionAttributeValues={":pk": {"S": pk}, ":edge": {"S": edge}},
            ConsistentRead=True,
        )
        return [from_item(item) for item in items]

    def _get(self, pk: str, sk: str) -> Row | None:
        item = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        ).get("Item")
        return from_item(item) if item else None
