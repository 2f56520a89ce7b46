"""How fast a provider may be handed messages, over all copies of a function."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import is_conditional_failure, to_item
from shared.errors import TransientError

MOST_WAITS: Final = 3  # for the next second; a function has a batch to bring to its end
_KEPT: Final = timedelta(hours=1)


class Throughput:
    """Counts the messages of each second, and lets whoever is too many wait for the next one."""

    def __init__(
        self,
        client: Any,
        table: str,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = table
        self._now = now
        self._pause = pause

    def take(self, workspace_id: str, channel: str, per_second: int) -> None:
        """Take one place in a second, waiting for it a little.

        Raises TransientError when all places are taken for longer: the queue brings it again.
        """
        for last in (*[False] * MOST_WAITS, True):
            now = self._now()
            if self._counts(workspace_id, channel, per_second, now):
                return
            if not last:
                self._pause(1 - now.microsecond / 1_000_000)
        raise TransientError(f"{channel} takes {per_second} messages a second, and they are taken")

    def _counts(self, workspace_id: str, channel: str, limit: int, now: datetime) -> bool:
        key = keys.throughput(workspace_id, channel, now)
        values = {
            ":one": 1,
            ":limit": limit,
            ":gone": int((now + _KEPT).timestamp()),
        }
        try:
            with faults_are_transient():
                self._client.update_item(
                    TableName=self._table,
                    Key=to_item(key._asdict()),
                    UpdateExpression="ADD n :one SET expires_at = :gone",
                    ConditionExpression="attribute_not_exists(n) OR n < :limit",
                    ExpressionAttributeValues=to_item(values),
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True
