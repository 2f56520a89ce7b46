"""How fast a provider may be handed messages, over all copies of a function."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, is_conditional_failure, to_item
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.messages import pace
from shared.errors import TransientError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_KEPT: Final = timedelta(hours=1)
_LINE_KEPT: Final = timedelta(days=40)
_TRIES: Final = 8  # at a line at whose end others stand up at the same time


class Throughput:
    """Counts the messages of each second, and keeps the line of those who are too many."""

    def __init__(
        self,
        client: Any,
        table: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table
        self._now = now

    def stands_back(
        self,
        workspace_id: str,
        channel: str,
        per_second: int,
        *,
        first: bool = False,
        had_turn: bool = False,
    ) -> timedelta | None:
        """Take one place of this second; gives for how long to stand back where it has none.

        Whoever goes `first` stands in no line; `had_turn` says that a turn has come that was given
        here. Raises TransientError when the table is busy.
        """
        now = to_milliseconds(self._now())
        if not first and not had_turn:
            line = keys.line(workspace_id, channel)
            back = self._turn(line, pace.step(per_second), now) - now
            if back > pace.BURST:
                return back
        limit = pace.places(per_second, first=first)
        if self._counts(workspace_id, channel, limit, now):
            return None
        if first:
            return pace.FIRST_STANDS_BACK
        line = keys.line(workspace_id, channel, late=True)
        return max(pace.STANDS_BACK, self._turn(line, pace.late_step(per_second), now) - now)

    def _turn(self, line: keys.Key, apart: timedelta, now: datetime) -> datetime:
        """Stand at the end of a line whose turns are so far apart; gives the turn."""
        key = to_item(line._asdict())
        for _ in range(_TRIES):
            with faults_are_transient():
                item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            before = from_item(item.get("Item", {})).get("ends")
            ends = None if before is None else _EPOCH + before * _MICROSECOND
            turn = pace.turn(ends, now, apart)
            if self._moves(key, before, (turn.line_ends - _EPOCH) // _MICROSECOND, now):
                return turn.at
        raise TransientError("too many want a turn at the same time")

    def _moves(self, key: dict[str, Any], before: int | None, after: int, now: datetime) -> bool:
        """Move the end of the line, unless somebody else has done so."""
        first = before is None
        values = {":after": after, ":gone": int((now + _LINE_KEPT).timestamp())}
        return self._updates(
            Key=key,
            UpdateExpression="SET ends = :after, expires_at = :gone",
            ConditionExpression="attribute_not_exists(ends)" if first else "ends = :before",
            ExpressionAttributeValues=to_item(values if first else {**values, ":before": before}),
        )

    def _counts(self, workspace_id: str, channel: str, limit: int, now: datetime) -> bool:
        values = {":one": 1, ":limit": limit, ":gone": int((now + _KEPT).timestamp())}
        return self._updates(
            Key=to_item(keys.throughput(workspace_id, channel, now)._asdict()),
            UpdateExpression="ADD n :one SET expires_at = :gone",
            ConditionExpression="attribute_not_exists(n) OR n < :limit",
            ExpressionAttributeValues=to_item(values),
        )

    def _updates(self, **update: Any) -> bool:
        """Update a row; False where its condition does not hold."""
        try:
            with faults_are_transient():
                self._client.update_item(TableName=self._table, **update)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True
