"""Reading the tallies: counters over all people, spread over shards and summed here."""

from collections import Counter
from typing import Any, Final, Literal

from shared.aws import keys
from shared.aws.items import from_item, query_items

_NO_COUNTERS: Final = frozenset({"pk", "sk", "expires_at"})

Noun = Literal["SEGMENT", "TAG", "JOURNEY", "STEPS", "MESSAGE", "HEARD", "SPENT"]


class FiguresReader:
    """Sums of tallies; strongly consistent, so that what was stored is counted."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def of(self, workspace_id: str, noun: Noun, subject_id: str) -> dict[str, int]:
        """Each counter of one subject, summed over its shards; empty when nothing was counted."""
        partition = keys.tally(workspace_id, noun, subject_id, "").pk
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        sums: Counter[str] = Counter()
        for item in items:
            row = from_item(item)
            sums.update({name: n for name, n in row.items() if name not in _NO_COUNTERS})
        return dict(sorted(sums.items()))
