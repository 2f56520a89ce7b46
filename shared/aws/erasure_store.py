"""Erasures in the catalog table: how far each one is, its counts, and the receipts for ever."""

import json
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, from_item, is_conditional_failure, query_page, to_item
from shared.domain.erasure.model import Erasure
from shared.domain.instants import format_instant, parse_instant
from shared.domain.text import to_text
from shared.errors import ConflictError, NotFoundError

# A count is an attribute of its own, so that it can grow in the transaction that removes.
_COUNT: Final = "removed:"


class ErasureStore:
    """The erasures of all workspaces; every method raises TransientError."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def begin(self, workspace_id: str, erasure: Erasure) -> Erasure:
        """Write a new erasure down; the one that is there already when it was begun before."""
        row = {
            **_key(workspace_id, erasure.erasure_id)._asdict(),
            "profile_id": erasure.profile_id,
            "requested_at": erasure.requested_at,
            "stage": erasure.stage,
        }
        try:
            with faults_are_transient():
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(row),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return self.load(workspace_id, erasure.erasure_id)
        return erasure

    def load(self, workspace_id: str, erasure_id: str) -> Erasure:
        """One erasure, strongly consistent; raises NotFoundError."""
        key = _item_key(workspace_id, erasure_id)
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            raise NotFoundError(f"there is no erasure {erasure_id!r}")
        return _erasure(from_item(answer["Item"]))

    def page(
        self, workspace_id: str, limit: int, after: str | None = None
    ) -> tuple[list[Erasure], str | None]:
        """Some erasures of a workspace by their ids, and the id to go on after; None at the end."""
        start = {"ExclusiveStartKey": _item_key(workspace_id, after)} if after else {}
        with faults_are_transient():
            items, more = query_page(
                self._client,
                limit,
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=to_item(
                    {":pk": keys.erasures(workspace_id), ":prefix": keys.ERASURE_PREFIX}
                ),
                **start,
            )
        found = [_erasure(from_item(item)) for item in items]
        return found, found[-1].erasure_id if more else None

    def move(self, workspace_id: str, before: Erasure, after: Erasure) -> None:
        """Store that a stage is finished; raises ConflictError when it is not `before`'s any more.

        Counts are left as they are: they grow by `counting` and `add` alone.
        """
        with faults_are_transient():
            try:
                self._client.update_item(**self.moving(workspace_id, before, after))
            except ClientError as error:
                if not is_conditional_failure(error):
                    raise
                raise ConflictError("somebody else is carrying out this erasure") from error

    def moving(
        self,
        workspace_id: str,
        before: Erasure,
        after: Erasure,
        removed: Mapping[str, int] | None = None,
    ) -> dict[str, Any]:
        """The same as the arguments of an update, for a transaction that removes something."""
        finished = {name: format_instant(at) for name, at in after.finished.items()}
        known = {
            "stage": after.stage,
            "finished": to_text(finished),
            "profile_id": after.profile_id,
            "erased_at": after.erased_at,
            "resume_at": after.resume_at,
        }
        kept = [name for name, value in known.items() if value is not None]
        gone = [name for name, value in known.items() if value is None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in kept)
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        names = {f"#{name}": name for name in known}
        values: dict[str, Any] = {f":{name}": known[name] for name in kept}
        if removed:
            adding, counted, counts = _adding(removed)
            expression, names, values = f"{expression} {adding}", names | counted, values | counts
        return {
            "TableName": self._table,
            "Key": _item_key(workspace_id, before.erasure_id),
            "UpdateExpression": expression,
            "ConditionExpression": "#stage = :before",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(values | {":before": before.stage}),
        }

    def counting(
        self, workspace_id: str, erasure_id: str, removed: Mapping[str, int]
    ) -> dict[str, Any]:
        """The arguments of an update that adds to the counts, for the removing transaction."""
        adding, names, values = _adding(removed)
        return {
            "TableName": self._table,
            "Key": _item_key(workspace_id, erasure_id),
            "UpdateExpression": adding,
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(values),
        }

    def add(self, workspace_id: str, erasure_id: str, removed: Mapping[str, int]) -> None:
        """Add to the counts what was removed where no transaction reaches."""
        if found := {name: count for name, count in removed.items() if count}:
            with faults_are_transient():
                self._client.update_item(**self.counting(workspace_id, erasure_id, found))


def _adding(removed: Mapping[str, int]) -> tuple[str, dict[str, str], dict[str, int]]:
    """The expression that adds to counts, with its names and values."""
    places = range(len(removed))
    names = {f"#c{place}": f"{_COUNT}{name}" for place, name in enumerate(removed)}
    values = {f":c{place}": count for place, count in enumerate(removed.values())}
    return "ADD " + ", ".join(f"#c{place} :c{place}" for place in places), names, values


def _key(workspace_id: str, erasure_id: str) -> keys.Key:
    return keys.Key(keys.erasures(workspace_id), keys.erasure(erasure_id))


def _item_key(workspace_id: str, erasure_id: str) -> Item:
    return to_item(_key(workspace_id, erasure_id)._asdict())


def _erasure(row: Mapping[str, Any]) -> Erasure:
    def instant(name: str) -> Any:
        return parse_instant(row[name]) if name in row else None

    finished = json.loads(row.get("finished", "{}"))
    return Erasure(
        erasure_id=row["sk"].removeprefix(keys.ERASURE_PREFIX),
        profile_id=row.get("profile_id"),
        requested_at=parse_instant(row["requested_at"]),
        stage=row["stage"],
        erased_at=instant("erased_at"),
        resume_at=instant("resume_at"),
        removed={
            name.removeprefix(_COUNT): count
            for name, count in sorted(row.items())
            if name.startswith(_COUNT)
        },
        finished={name: parse_instant(at) for name, at in finished.items()},
    )
