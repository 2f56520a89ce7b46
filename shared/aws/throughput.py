"""How fast a provider may be handed messages, over all copies of a function."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import is_conditional_failure, to_item

_KEPT: Final = timedelta(hours=1)


class Throughput:
    """Counts the messages of each second."""

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

    def takes(self, workspace_id: str, channel: str, per_second: int) -> bool:
        """Take one place, in this second or the next one; False when both are full."""
        now = self._now()
        if self._counts(workspace_id, channel, per_second, now):
            return True
        self._pause(1 - now.microsecond / 1_000_000)
        return self._counts(workspace_id, channel, per_second, self._now())

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
