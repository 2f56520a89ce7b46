"""Rows of a person that leave the table of people: each transaction counts what it removes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from shared.aws import keys
from shared.aws.erasure_store import ErasureStore
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, get_items, to_item
from shared.aws.marks import Marked
from shared.aws.transactions import Action, transact
from shared.domain.profiles.rows import name_of
from shared.errors import ConflictError, TransientError

Row = dict[str, Any]

MAX_ATTEMPTS: Final = 8

# What is looked at of a row before it goes, beside its key.
_NEEDED: Final = (
    *("status", "member", "flips", "parked", "version", "machine", "journey_id"),
    *("channel", "address", "traits", "value", "changes", "counted", "due_at"),
    *("enrolment_id", "wake_at", "wake_place", "until", "again_at", "wake_fold"),
    *("provider", "provider_message_id", "purpose", "broadcast_id"),
)


class Removal:
    """What one erasure takes out of the table; every method raises TransientError."""

    def __init__(
        self, client: Any, table: str, ledger: ErasureStore, person: Marked, erasure_id: str
    ) -> None:
        self.person = person
        self._client = client
        self._table = table
        self._ledger = ledger
        self._erasure_id = erasure_id

    def rows(self, strand_id: str, prefix: str = "") -> Iterator[Row]:
        """The rows of a strand, page after page; of large ones only what is needed here."""
        condition = "pk = :pk"
        values = {":pk": keys.person(self.person.workspace_id, strand_id)}
        if prefix:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = prefix
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": to_item(values),
            "ProjectionExpression": ", ".join(["pk", "sk", *(f"#{n}" for n in _NEEDED)]),
            "ExpressionAttributeNames": {f"#{n}": n for n in _NEEDED},
            "ConsistentRead": True,
        }
        while True:
            with faults_are_transient():
                page = self._client.query(**request)
            yield from map(from_item, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def delete(self, rows: list[Row]) -> None:
        """Remove rows in one transaction; those that went by themselves meanwhile are left out."""
        for _ in range(MAX_ATTEMPTS):
            if not rows:
                return
            exists = {"ConditionExpression": "attribute_exists(pk)"}
            actions = [{"Delete": delete_of(self._table, row) | exists} for row in rows]
            counts = Counter(name_of(kind_of(row)) for row in rows)
            if self.remove(actions, counts):
                return
            wanted = {keys.Key(row["pk"], row["sk"]): row for row in rows}
            with faults_are_transient():
                found = get_items(self._client, self._table, wanted)
            rows = [row for key, row in wanted.items() if key in found]
        raise TransientError("the rows keep changing, try again")

    def remove(self, actions: Iterable[Action], counts: Mapping[str, int]) -> bool:
        """Do the actions and count them, in one; False when a condition does not hold."""
        counting = self._ledger.counting(self.person.workspace_id, self._erasure_id, counts)
        return is_done(self._client, [*actions, {"Update": counting}])

    def remove_beside(self, key: keys.Key, name: str) -> None:
        """Take out a row that lies beside the person's own, and may have gone by itself."""
        delete = delete_of(self._table, key._asdict())
        delete |= {"ConditionExpression": "attribute_exists(pk)"}
        self.remove([{"Delete": delete}], {name: 1})


def is_done(client: Any, actions: Sequence[Action]) -> bool:
    """Do all actions or none; False when a condition does not hold. Raises TransientError."""
    try:
        transact(client, actions)
    except ConflictError:
        return False
    return True


def kind_of(row: Row) -> str:
    """The first part of a sort key, such as `MSG`."""
    return str(row["sk"]).partition("#")[0]


def delete_of(table: str, row: Row) -> dict[str, Any]:
    """The arguments that delete a row."""
    return {"TableName": table, "Key": to_item({"pk": row["pk"], "sk": row["sk"]})}
