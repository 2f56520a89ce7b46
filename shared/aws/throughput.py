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
_TRIES: Final = 4  # at a line in which nobody stood, or somebody did, a moment ago


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
        of_broadcast: bool = False,
    ) -> timedelta | None:
        """Take one place of this second; gives for how long to stand back where it has none.

        Whoever goes `first` stands in no line; `had_turn` says that a turn has come that was given
        here. Those of broadcasts have lines of their own. Raises TransientError when the table is
        busy.
        """
        now = to_milliseconds(self._now())
        if not first and not had_turn:
            line = keys.line(workspace_id, channel, of_broadcast=of_broadcast)
            back = self._turn(line, pace.step(per_second), now) - now
            if back > pace.BURST:
                return back
        limit = pace.places(per_second, first=first)
        if self._counts(workspace_id, channel, limit, now):
            return None
        if first:
            return pace.FIRST_STANDS_BACK
        line = keys.line(workspace_id, channel, of_broadcast=of_broadcast, late=True)
        return max(pace.STANDS_BACK, self._turn(line, pace.late_step(per_second), now) - now)

    def _turn(self, line: keys.Key, apart: timedelta, now: datetime) -> datetime:
        """Stand at the end of a line whose turns are so far apart; gives the turn.

        Nobody reads the line first: of many who stand up at once, each takes the next turn in one
        write. Only a line in which nobody stands can be begun by somebody else meanwhile.
        """
        begins, step = (now - _EPOCH) // _MICROSECOND, apart // _MICROSECOND
        gone = int((now + _LINE_KEPT).timestamp())
        behind = {
            "UpdateExpression": "ADD ends :step SET expires_at = :gone",
            "ConditionExpression": "ends >= :now",
            "ExpressionAttributeValues": to_item({":step": step, ":now": begins, ":gone": gone}),
        }
        alone = {
            "UpdateExpression": "SET ends = :ends, expires_at = :gone",
            "ConditionExpression": "attribute_not_exists(ends) OR ends < :now",
            "ExpressionAttributeValues": to_item(
                {":ends": begins + step, ":now": begins, ":gone": gone}
            ),
        }
        for _ in range(_TRIES):
            for way in (behind, alone):
                row = self._updates(Key=to_item(line._asdict()), ReturnValues="ALL_NEW", **way)
                if row is not None:
                    ends: int = row["ends"]
                    return _EPOCH + (ends - step) * _MICROSECOND
        raise TransientError("too many want a turn at the same time")

    def _counts(self, workspace_id: str, channel: str, limit: int, now: datetime) -> bool:
        values = {":one": 1, ":limit": limit, ":gone": int((now + _KEPT).timestamp())}
        counted = self._updates(
            Key=to_item(keys.throughput(workspace_id, channel, now)._asdict()),
            UpdateExpression="ADD n :one SET expires_at = :gone",
            ConditionExpression="attribute_not_exists(n) OR n < :limit",
            ExpressionAttributeValues=to_item(values),
        )
        return counted is not None

    def _updates(self, **update: Any) -> dict[str, Any] | None:
        """Update a row; gives what was asked for of it, None where its condition does not hold."""
        try:
            with faults_are_transient():
                answer = self._client.update_item(TableName=self._table, **update)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return None
        return from_item(answer.get("Attributes", {}))
