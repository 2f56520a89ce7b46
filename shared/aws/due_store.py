"""The due indexes: who has to be judged, or woken, at which instant, without any event.

A row mirrors an instant that is stored elsewhere: `due_at` of a person's state, `wake_at` of an
enrolment. It is written before that, so a crash leaves a row too much and never one too few; to
attend to somebody who is not due does nothing. A sweeper goes through the rows in the order of
their instants and sends them to the queue of whoever attends to them. One row can hold many names
(`shared.domain.due.folds`).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, is_conditional_failure, to_item
from shared.domain.due.batches import Batch, Due, batches, delay_seconds, encode
from shared.domain.due.folds import fold_name, folds, is_fold, pack_fold, unpack_fold
from shared.domain.due.timing import KEPT, LEAD, SHARDS, DueKind, is_near, resting_at
from shared.domain.instants import parse_instant
from shared.errors import ConflictError

PAGE_ROWS: Final = 1_000  # 150 KB of names alone in their rows; a page ends at 1 MB, 25,000 names


class Brings(Protocol):
    """What brings names to who attends to them: a queue, or several."""

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        """Send (body, seconds of delay); durable when it returns. Raises TransientError."""


class DueIndex:
    """The writer's side: keeps a row for each name that is due sometime."""

    def __init__(self, client: Any, profiles_table: str, kind: DueKind, queue: Brings) -> None:
        """`client` is a low-level DynamoDB client; `queue` brings names to who attends to them."""
        self._client = client
        self._table = profiles_table
        self._kind = kind
        self._queue = queue

    @contextmanager
    def mirror(
        self,
        workspace_id: str,
        name: str,
        before: datetime | None,
        after: datetime | None,
        now: datetime,
    ) -> Iterator[None]:
        """Move the row of a name from `before` to `after` while that is stored inside `with`.

         `before` is the instant that is stored, `after` the one that is being stored; nothing
         happens where they are the same. `now` is the clock at which `after` was decided, less than
         a function's time-out ago. Whoever is due within minutes is sent for as soon as that is
         stored; should it not be stored, nothing is sent and the row that lies there is harmless.
        Repeating it is, too. Raises TransientError, before it is stored or after.
        """
        if before == after:
            yield
            return
        if after is not None:
            self._put(workspace_id, name, after, now)
        yield
        if after is not None and is_near(after, now):
            batch = Batch(workspace_id, (name,), after)
            self._queue.send_later([(encode(batch), delay_seconds(after, now))])
        # What has been swept expires by itself; only who would be judged for nothing is taken out.
        if before is not None and before > now + LEAD:
            self.forget(workspace_id, name, before)

    def put_all(self, workspace_id: str, dues: Iterable[Due], now: datetime) -> dict[str, str]:
        """Put rows for many, as few as they fit in, before they are stored as due.

        Gives by name the sort key of a row that holds several, and an empty text for who is alone.
        `now` is the clock as it is: they are stored less than a function's time-out later. Raises
        TransientError.
        """
        lie: dict[str, str] = {}
        for fold in folds(dues):
            if len(fold) == 1:
                self._put(workspace_id, fold[0].name, fold[0].due_at, now)
                lie[fold[0].name] = ""
                continue
            at, name = resting_at(fold[0].due_at, now), fold_name(fold)
            self._put(workspace_id, name, at, now, pack_fold(fold, at))
            lie |= dict.fromkeys((due.name for due in fold), keys.due_from(at) + name)
        return lie

    def send_near(self, workspace_id: str, dues: Iterable[Due], now: datetime) -> None:
        """Send for those who are due within minutes, now that they are stored.

        `now` is that of their `put_all`. Raises TransientError.
        """
        near = sorted((due for due in dues if is_near(due.due_at, now)), key=lambda due: due.due_at)
        if near:
            found = batches(workspace_id, near, now)
            self._queue.send_later((encode(batch), delay) for batch, delay in found)

    def forget(self, workspace_id: str, name: str, due_at: datetime) -> None:
        """Take out the row of somebody who is not due then any more, or who is gone."""
        key = keys.due(workspace_id, self._kind, due_at, name)
        with faults_are_transient():
            self._client.delete_item(TableName=self._table, Key=to_item(key._asdict()))

    def _put(
        self,
        workspace_id: str,
        name: str,
        due_at: datetime,
        now: datetime,
        fold: bytes | None = None,
    ) -> None:
        at = resting_at(due_at, now)
        key = keys.due(workspace_id, self._kind, at, name)
        row = {**key._asdict(), "expires_at": int((at + KEPT).timestamp()), "fold": fold}
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=to_item(row))


@dataclass(frozen=True, slots=True)
class Page:
    """Who comes due next in a shard; `position` is where the page ends."""

    due: tuple[Due, ...]
    position: str
    is_last: bool


class DueRows:
    """The sweeper's side: reads the rows in order, and remembers how far it is."""

    def __init__(
        self, client: Any, profiles_table: str, kind: DueKind, page_rows: int = PAGE_ROWS
    ) -> None:
        """`client` is a low-level DynamoDB client; a page has at most `page_rows` names."""
        self._client = client
        self._table = profiles_table
        self._kind = kind
        self._page_rows = page_rows

    def positions(self, workspace_id: str) -> dict[int, str]:
        """How far each shard is swept; the beginning is the empty text."""
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table,
                Key=to_item(keys.due_positions(workspace_id, self._kind)._asdict()),
                ConsistentRead=True,
            ).get("Item", {})
        row = from_item(item)
        return {shard: row.get(_name(shard), "") for shard in range(SHARDS)}

    def page(self, workspace_id: str, shard: int, position: str, until: datetime) -> Page:
        """The next names of a shard that are due before `until`.

        Not strongly consistent, which is half the price: no row comes so late (`timing.SLACK`).
        Whoever stands beyond `until` already is given nothing.
        """
        end = keys.due_from(until)
        if position > end:  # DynamoDB refuses to look for what ends before it begins
            return Page(due=(), position=position, is_last=True)
        with faults_are_transient():
            answer = self._client.query(
                TableName=self._table,
                # A sort key takes one condition: the end of the last page comes again.
                KeyConditionExpression="pk = :pk AND sk BETWEEN :from AND :until",
                ExpressionAttributeValues=to_item(
                    {
                        ":pk": keys.due_shard(workspace_id, self._kind, shard),
                        ":from": position or "0",
                        ":until": end,
                    }
                ),
                ProjectionExpression="sk, fold",
                Limit=self._page_rows + bool(position),
            )
        found = [row for item in answer["Items"] if (row := from_item(item))["sk"] != position]
        due = (each for row in found for each in _dues(row))
        return Page(
            due=tuple(sorted(due, key=lambda each: each.due_at)),
            position=found[-1]["sk"] if found else position,
            is_last="LastEvaluatedKey" not in answer,
        )

    def advance(
        self, workspace_id: str, before: Mapping[int, str], after: Mapping[int, str]
    ) -> None:
        """Remember that the shards of `after` are swept so far.

        Raises ConflictError when somebody else has swept one of them since `before` was read.
        """
        values: dict[str, Any] = {f":after_{_name(shard)}": at for shard, at in after.items()}
        still: list[str] = []
        for shard in after:
            if before[shard]:
                still.append(f"{_name(shard)} = :before_{_name(shard)}")
                values[f":before_{_name(shard)}"] = before[shard]
            else:
                still.append(f"attribute_not_exists({_name(shard)})")
        sets = (f"{_name(shard)} = :after_{_name(shard)}" for shard in after)
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item(keys.due_positions(workspace_id, self._kind)._asdict()),
                    UpdateExpression=f"SET {', '.join(sets)}",
                    ConditionExpression=" AND ".join(still),
                    ExpressionAttributeValues=to_item(values),
                )
        except ClientError as error:
            if is_conditional_failure(error):
                raise ConflictError("somebody else sweeps at the same time") from error
            raise

    def lies_alone(self, workspace_id: str, due: Due) -> bool:
        """Whether somebody of a page has a row alone, and not one that is shared."""
        key = keys.due(workspace_id, self._kind, due.due_at, due.name)
        with faults_are_transient():
            found = self._client.get_item(
                TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True
            )
        return "Item" in found

    def leave(self, workspace_id: str, sort_key: str, name: str) -> None:
        """Take one name out of a row that holds several, if it is there still.

        Raises ConflictError when somebody else changes the row at the same time.
        """
        key = to_item(keys.due_row(workspace_id, self._kind, sort_key)._asdict())
        with faults_are_transient():
            item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in item:
            return
        before, at = from_item(item["Item"])["fold"], parse_instant(sort_key.partition("#")[0])
        left = [due for due in unpack_fold(before, at) if due.name != name]
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=key,
                    UpdateExpression="SET fold = :after",
                    ConditionExpression="fold = :before",
                    ExpressionAttributeValues=to_item(
                        {":after": pack_fold(left, at), ":before": before}
                    ),
                )
        except ClientError as error:
            if is_conditional_failure(error):
                raise ConflictError("somebody else changes the row at the same time") from error
            raise


def _name(shard: int) -> str:
    return f"s{shard:02d}"


def _dues(row: Mapping[str, Any]) -> Iterator[Due]:
    """Those in a row; nobody before it rests, when it was certain that they are stored."""
    text, _, name = row["sk"].partition("#")
    at = parse_instant(text)
    if not is_fold(name):
        yield Due(name, at)
        return
    for due in unpack_fold(row["fold"], at):
        yield Due(due.name, max(due.due_at, at))
