"""Replays of the lake and how far they are, in the catalog table: people may be what is lost."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, from_item, is_conditional_failure, query_items, to_item
from shared.domain.instants import parse_instant
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.recovery.progress import Replay
from shared.errors import ConflictError

_INSTANTS: Final = ("created_at", "updated_at")
_PLACE: Final = ("stage", "after", "line", "objects")


class ReplayStore:
    """Reads are strongly consistent. Every method raises TransientError when AWS is busy."""

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client, `table` the one of definitions."""
        self._client = client
        self._table = table

    def find(self, workspace_id: str, replay_id: str) -> Replay | None:
        """One replay."""
        with faults_are_transient():
            answer = self._client.get_item(
                TableName=self._table, Key=_key(workspace_id, replay_id), ConsistentRead=True
            )
        return _read(workspace_id, answer["Item"]) if "Item" in answer else None

    def all(self, workspace_id: str) -> Iterator[Replay]:
        """All replays of a workspace."""
        with faults_are_transient():
            for item in query_items(
                self._client,
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": keys.replays(workspace_id)}),
                ConsistentRead=True,
            ):
                yield _read(workspace_id, item)

    def add(self, replay: Replay) -> bool:
        """Keep a new replay; says no when there is one of this id."""
        return self._put(replay, {"ConditionExpression": "attribute_not_exists(pk)"})

    def move(self, before: Replay, after: Replay, now: datetime) -> Replay:
        """Write how far a replay is that is still as it was read; gives it as it is stored.

        Raises ConflictError when somebody else has moved it, and not when we have ourselves: the
        client repeats a write whose answer was lost, and would find it moved.
        """
        stored = replace(after, updated_at=to_milliseconds(now))
        names = {f"#{name}": name for name in _PLACE}
        values = {f":{name}": getattr(before, name) for name in _PLACE}
        unmoved = {
            "ConditionExpression": " AND ".join(f"#{name} = :{name}" for name in _PLACE),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item(values),
        }
        if not self._put(stored, unmoved) and self.find(*_ids(stored)) != stored:
            raise ConflictError("somebody else carries this replay on")
        return stored

    def _put(self, replay: Replay, condition: dict[str, Any]) -> bool:
        row = asdict(replay)
        del row["workspace_id"]
        item = {**_key(replay.workspace_id, replay.replay_id), **to_item(row)}
        try:
            with faults_are_transient():
                self._client.put_item(TableName=self._table, Item=item, **condition)
        except ClientError as error:
            if is_conditional_failure(error):
                return False
            raise
        return True


def _ids(replay: Replay) -> tuple[str, str]:
    return replay.workspace_id, replay.replay_id


def _key(workspace_id: str, replay_id: str) -> Item:
    return to_item({"pk": keys.replays(workspace_id), "sk": keys.replay(replay_id)})


def _read(workspace_id: str, item: Item) -> Replay:
    row = from_item(item)
    del row["pk"], row["sk"]
    instants = {name: parse_instant(row[name]) for name in _INSTANTS}
    return Replay(**{**row, **instants, "workspace_id": workspace_id})
