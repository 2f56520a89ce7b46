"""How far the batches of broadcasts are, a row in the catalog table for each that was begun."""

from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.broadcast_rows import part_of
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, is_conditional_failure, query_prefix, to_item
from shared.domain.broadcasts.model import Broadcast, Part


class BroadcastParts:
    """Batches of broadcasts; reads are strongly consistent, every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def all(self, workspace_id: str, broadcast_id: str) -> dict[tuple[int, int], Part]:
        """How far every batch is that was begun, by wave and batch."""
        start = keys.Key(keys.broadcast_parts(workspace_id, broadcast_id), keys.PART_PREFIX)
        with faults_are_transient():
            rows = [from_item(one) for one in query_prefix(self._client, self._table, start)]
        return dict(map(part_of, rows))

    def load(self, workspace_id: str, broadcast_id: str, wave: int, batch: int) -> Part:
        """How far one batch is."""
        key = keys.broadcast_part(workspace_id, broadcast_id, wave, batch)
        with faults_are_transient():
            answer = self._client.get_item(
                TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True
            )
        return part_of(from_item(answer["Item"]))[1] if "Item" in answer else Part()

    def move(
        self, workspace_id: str, one: Broadcast, place: tuple[int, int], before: Part, after: Part
    ) -> bool:
        """Write down how far a batch is; False where somebody else moved it meanwhile."""
        row = {
            **keys.broadcast_part(workspace_id, one.broadcast_id, *place)._asdict(),
            **after._asdict(),
            "expires_at": int(one.expires_at.timestamp()),
        }
        known: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if before.at is not None:
            known = {
                "ConditionExpression": "done = :done AND doing = :doing AND #at = :at",
                "ExpressionAttributeNames": {"#at": "at"},
                "ExpressionAttributeValues": to_item(
                    {":done": before.done, ":doing": before.doing, ":at": before.at}
                ),
            }
        try:
            with faults_are_transient():
                self._client.put_item(TableName=self._table, Item=to_item(row), **known)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True
