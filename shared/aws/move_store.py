"""Moves of those inside journeys in the catalog table: a row each, and one for each part walked."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, is_conditional_failure, query_prefix, to_item, to_text
from shared.domain.instants import parse_instant
from shared.domain.journeys.move_job import MoveJob, Segment, Whole
from shared.domain.journeys.moving import Choices
from shared.errors import ConflictError, NotFoundError

Row = dict[str, Any]


class MoveStore:
    """The moves of all journeys; reads are strongly consistent.

    Every method raises TransientError when AWS is busy.
    """

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def add(self, workspace_id: str, job: MoveJob) -> MoveJob:
        """Write a new move down; raises ConflictError when there is one of this number."""
        return self._put(workspace_id, job, "attribute_not_exists(pk)", {})

    def advance(self, workspace_id: str, before: MoveJob, after: MoveJob) -> MoveJob:
        """Write down how far a move is; raises ConflictError when it is no more as before."""
        seen = {":stage": before.stage, ":attempt": before.attempt}
        return self._put(workspace_id, after, "stage = :stage AND attempt = :attempt", seen)

    def load(self, workspace_id: str, journey_id: str, number: int) -> MoveJob:
        """The move of a number; raises NotFoundError."""
        row = self._get(workspace_id, journey_id, keys.move(number))
        if row is None:
            raise NotFoundError(f"there is no move {number} of journey {journey_id!r}")
        return _job(row)

    def newest(self, workspace_id: str, journey_id: str) -> MoveJob | None:
        """The latest move of a journey."""
        return next(self.latest(workspace_id, journey_id, 1), None)

    def latest(self, workspace_id: str, journey_id: str, most: int) -> Iterator[MoveJob]:
        """The latest moves of a journey, the newest first."""
        row = self._get(workspace_id, journey_id, keys.NEWEST_MOVE)
        newest = row["number"] if row else 0
        for number in range(newest, max(0, newest - most), -1):
            found = self._get(workspace_id, journey_id, keys.move(number))
            if found:
                yield _job(found)

    def segment(self, workspace_id: str, job: MoveJob, number: int) -> Segment:
        """How far a part of the table is walked; at its beginning if nobody has begun."""
        sk = keys.move_segment(job.number, job.walk, number)
        row = self._get(workspace_id, job.journey_id, sk)
        return Segment.from_json(number, json.loads(row["body"])) if row else Segment(number)

    def put_segment(self, workspace_id: str, job: MoveJob, segment: Segment) -> None:
        """Write down how far a part is walked."""
        row = {
            "pk": keys.moves(workspace_id, job.journey_id),
            "sk": keys.move_segment(job.number, job.walk, segment.number),
            "body": to_text(segment.to_json()),
        }
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def whole(self, workspace_id: str, job: MoveJob, walk: str) -> Whole:
        """What came of a walk so far."""
        prefix = keys.Key(
            keys.moves(workspace_id, job.journey_id), keys.move_segments(job.number, walk)
        )
        with faults_are_transient():
            rows = [from_item(item) for item in query_prefix(self._client, self._table, prefix)]
        return Whole.of(
            Segment.from_json(int(row["sk"].rpartition("#")[2]), json.loads(row["body"]))
            for row in rows
        )

    def _get(self, workspace_id: str, journey_id: str, sk: str) -> Row | None:
        key = to_item({"pk": keys.moves(workspace_id, journey_id), "sk": sk})
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def _put(self, workspace_id: str, job: MoveJob, condition: str, values: Row) -> MoveJob:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item(_row(workspace_id, job)),
            "ConditionExpression": condition,
        }
        if values:
            put["ExpressionAttributeValues"] = to_item(values)
        actions = [{"Put": put}]
        if not values:  # it is new
            pk, sk = keys.moves(workspace_id, job.journey_id), keys.NEWEST_MOVE
            newest = to_item({"pk": pk, "sk": sk, "number": job.number})
            actions.append({"Put": {"TableName": self._table, "Item": newest}})
        try:
            with faults_are_transient():
                self._client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            raise ConflictError("somebody else changed this move", hint="look again") from error
        return job


def _row(workspace_id: str, job: MoveJob) -> Row:
    choices = asdict(job.choices)
    plain = {name: sorted(part) if isinstance(part, frozenset) else part
             for name, part in choices.items()}  # fmt: skip
    return {
        "pk": keys.moves(workspace_id, job.journey_id),
        "sk": keys.move(job.number),
        "journey_id": job.journey_id,
        "number": job.number,
        "version": job.version,
        "requested_at": job.requested_at,
        "stage": job.stage,
        "attempt": job.attempt,
        "machine": job.machine or None,
        "choices": to_text(plain),
        "finished_at": job.finished_at,
    }


def _job(row: Row) -> MoveJob:
    choices = json.loads(row["choices"])
    return MoveJob(
        journey_id=row["journey_id"],
        number=row["number"],
        version=row["version"],
        requested_at=parse_instant(row["requested_at"]),
        stage=row["stage"],
        attempt=row["attempt"],
        machine=row.get("machine", ""),
        choices=Choices(
            choices["to"],
            frozenset(choices["end"]),
            frozenset(choices["keep"]),
            choices["all_out"],
        ),
        finished_at=parse_instant(row["finished_at"]) if "finished_at" in row else None,
    )
