"""Imports and how far they are; each step forward happens once, whoever tries it how often."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    Item,
    from_item,
    is_conditional_failure,
    query_items,
    query_page,
    to_item,
)
from shared.domain.imports.definition import ImportDefinition
from shared.domain.imports.progress import Import
from shared.domain.instants import parse_instant
from shared.domain.journeys.clock import to_milliseconds
from shared.errors import ConflictError

_INSTANTS: Final = ("created_at", "updated_at")
_ABSENT: Final = "attribute_not_exists(pk)"


class ImportStore:
    """Imports in the profiles table, so that a restored table knows what it holds.

    Reads are strongly consistent. Every method raises TransientError when AWS is busy.
    """

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table

    def find(self, workspace_id: str, import_id: str) -> Import | None:
        """One import."""
        with faults_are_transient():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(workspace_id, import_id), ConsistentRead=True
            )
        return _read(workspace_id, answer["Item"]) if "Item" in answer else None

    def all(self, workspace_id: str) -> Iterator[Import]:
        """All imports of a workspace."""
        with faults_are_transient():
            for item in query_items(
                self._client,
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": keys.imports(workspace_id)}),
                ConsistentRead=True,
            ):
                yield _read(workspace_id, item)

    def page(
        self, workspace_id: str, limit: int, after: str | None = None
    ) -> tuple[list[Import], str | None]:
        """Some imports of a workspace by their ids, and the id to go on after; None at the end."""
        start = {"ExclusiveStartKey": _key(workspace_id, after)} if after else {}
        with faults_are_transient():
            items, more = query_page(
                self._client,
                limit,
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": keys.imports(workspace_id)}),
                ConsistentRead=True,
                **start,
            )
        found = [_read(workspace_id, item) for item in items]
        return found, found[-1].import_id if more else None

    def add(self, job: Import) -> bool:
        """Keep a new import; says no when there is one of this id."""
        return self._put(job, _ABSENT, {}, {})

    def move(self, before: Import, after: Import, now: datetime) -> Import:
        """Write what became of an import that is still as it was read; gives it as it is stored.

        Raises ConflictError when somebody else has moved it: what was done meanwhile counts once,
        by the other's hand. A write whose answer was lost is repeated by the client and finds what
        it wrote: that is our own.
        """
        stored = replace(after, updated_at=to_milliseconds(now))
        unmoved = "#status = :status AND #offset = :offset AND #rows = :rows"
        names = {f"#{name}": name for name in ("status", "offset", "rows")}
        values = {f":{name}": getattr(before, name) for name in ("status", "offset", "rows")}
        is_moved = self._put(stored, unmoved, names, values)
        if not is_moved and self.find(stored.workspace_id, stored.import_id) != stored:
            raise ConflictError("somebody else works on this import")
        return stored

    def _put(
        self, job: Import, condition: str, names: dict[str, str], values: dict[str, Any]
    ) -> bool:
        request: dict[str, Any] = {"ConditionExpression": condition}
        if names:
            request |= {
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": to_item(values),
            }
        try:
            with faults_are_transient():
                self._client.put_item(TableName=self._table, Item=_write(job), **request)
        except ClientError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True


def _key(workspace_id: str, import_id: str) -> Item:
    return to_item({"pk": keys.imports(workspace_id), "sk": keys.import_job(import_id)})


def _write(job: Import) -> Item:
    row = {**asdict(job), "definition": job.definition.model_dump_json(exclude_defaults=True)}
    del row["workspace_id"]
    return {**_key(job.workspace_id, job.import_id), **to_item(row)}


def _read(workspace_id: str, item: Item) -> Import:
    row = from_item(item)
    del row["pk"], row["sk"]
    return Import(
        **{
            **row,
            "workspace_id": workspace_id,
            "definition": ImportDefinition.model_validate_json(row["definition"]),
            **{name: parse_instant(row[name]) for name in _INSTANTS},
        }
    )
