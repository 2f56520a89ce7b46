"""Builds in the catalog table, one row each, in the order of their numbers."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    Item,
    from_item,
    is_conditional_failure,
    to_item,
    to_text,
)
from shared.domain.builds.model import Build, Count
from shared.domain.instants import parse_instant
from shared.errors import NotFoundError


class BuildStore:
    """The builds of all workspaces; reads are strongly consistent.

    Every method raises TransientError when AWS is busy.
    """

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def add(self, workspace_id: str, build: Build) -> Build:
        """Write a new build down; gives the one that is there, if there is one of this number."""
        try:
            with faults_are_transient():
                self._client.put_item(
                    TableName=self._table,
                    Item=_item(workspace_id, build),
                    ConditionExpression="attribute_not_exists(pk)",
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return self.load(workspace_id, build.number)
        return build

    def put(self, workspace_id: str, build: Build) -> Build:
        """Write down how far a build is; its machine takes one step at a time."""
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=_item(workspace_id, build))
        return build

    def find(self, workspace_id: str, number: int) -> Build | None:
        """The build of a number."""
        with faults_are_transient():
            answer = self._client.get_item(
                TableName=self._table,
                Key=to_item({"pk": keys.builds(workspace_id), "sk": keys.build(number)}),
                ConsistentRead=True,
            )
        return _build(answer["Item"]) if "Item" in answer else None

    def load(self, workspace_id: str, number: int) -> Build:
        """The build of a number; raises NotFoundError."""
        build = self.find(workspace_id, number)
        if build is None:
            raise NotFoundError(f"there is no build {number}")
        return build

    def newest(self, workspace_id: str) -> Build | None:
        """The build of the greatest number."""
        return next(self.latest(workspace_id, 1), None)

    def latest(self, workspace_id: str, most: int) -> Iterator[Build]:
        """The builds of the greatest numbers, these first."""
        with faults_are_transient():
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=to_item(
                    {":pk": keys.builds(workspace_id), ":prefix": keys.BUILD_PREFIX}
                ),
                ScanIndexForward=False,
                Limit=most,
                ConsistentRead=True,
            )
        yield from map(_build, page["Items"])


def _item(workspace_id: str, build: Build) -> Item:
    return to_item(
        {
            "pk": keys.builds(workspace_id),
            "sk": keys.build(build.number),
            "number": build.number,
            "subject": build.subject,
            "definition_id": build.definition_id,
            "announced": build.announced,
            "requested_at": build.requested_at,
            "recomputes": build.recomputes or None,
            "attempt": build.attempt or None,
            "stage": build.stage,
            "listed_at": build.listed_at,
            "people": build.people,
            "batches": build.batches,
            "late_people": build.late_people,
            "late_batches": build.late_batches,
            "counts": to_text([list(count) for count in build.counts]),
            "counted_at": build.counted_at,
            "superseded_by": build.superseded_by,
            "finished_at": build.finished_at,
        }
    )


def _build(item: Item) -> Build:
    row = from_item(item)
    return Build(
        number=row["number"],
        subject=row["subject"],
        definition_id=row["definition_id"],
        announced=row["announced"],
        requested_at=parse_instant(row["requested_at"]),
        recomputes=row.get("recomputes", False),
        attempt=row.get("attempt", 0),
        stage=row["stage"],
        listed_at=_instant(row, "listed_at"),
        people=row["people"],
        batches=row["batches"],
        late_people=row["late_people"],
        late_batches=row["late_batches"],
        counts=tuple(Count(*count) for count in json.loads(row["counts"])),
        counted_at=_instant(row, "counted_at"),
        superseded_by=row.get("superseded_by"),
        finished_at=_instant(row, "finished_at"),
    )


def _instant(row: Mapping[str, Any], name: str) -> datetime | None:
    return parse_instant(row[name]) if name in row else None
