"""How many events of a source may come in a minute, counted a share at a time.

A copy of the function takes a share of the minute's events from one row, by a condition that never
lets more be taken than the limit, and lets events in against its share without asking anybody. So
many events cost few writes: a share is a twentieth of the minute, or what one request brings where
that is more; and none are written where no limit is set. What a copy has left of a share it keeps:
in any minute come at most the limit, and what copies had left of earlier minutes, a share each.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws import keys
from shared.aws.items import is_conditional_failure
from shared.domain.events.model import Source

WINDOW_SECONDS: Final = 60
SHARES: Final = 20
_KEPT_SECONDS: Final = 3_600
REMEMBERED: Final = 1_000  # sources


@dataclass(slots=True)
class _Held:
    """What a copy of the function may still let in, and the minute that it knows to be over."""

    left: int = 0
    over: int = -1


class Rates:
    """Lets in what the limit of a source allows; the two live keys of a source share one."""

    def __init__(
        self, client: Any, catalog_table: str, clock: Callable[[], float] = time.time
    ) -> None:
        """`client` is a low-level DynamoDB client; `clock` gives seconds since 1970."""
        self._client = client
        self._table = catalog_table
        self._clock = clock
        self._held: dict[tuple[str, str], _Held] = {}

    def wait_for(self, source: Source, events: int) -> int:
        """Take so many events; 0 when they may come in, else after how many seconds to ask again.

        All or none of them are taken. While AWS cannot count, everything comes in: the limit keeps
        bills small, and no event may be lost for it.
        """
        limit = source.events_per_minute
        if not limit or not events:
            return 0
        held = self._of(source)
        window, passed = divmod(int(self._clock()), WINDOW_SECONDS)
        missing = events - held.left
        if missing > 0 and held.over != window:
            held.left += self._share(source, window, missing, limit)
        if events <= held.left:
            held.left -= events
            return 0
        held.over = window
        return WINDOW_SECONDS - passed

    def _of(self, source: Source) -> _Held:
        name = (source.workspace_id, source.source_id)
        if name not in self._held:
            while len(self._held) >= REMEMBERED:
                del self._held[next(iter(self._held))]
            self._held[name] = _Held()
        return self._held[name]

    def _share(self, source: Source, window: int, missing: int, limit: int) -> int:
        """A share of what is left of the minute, at least what is missing; 0 when it is over."""
        usual = max(missing, limit // SHARES)
        for share in dict.fromkeys((usual, missing)):
            if self._taken(source, window, share, limit):
                return share
        return 0

    def _taken(self, source: Source, window: int, share: int, limit: int) -> bool:
        if share > limit:
            return False
        key = keys.rate(source.workspace_id, source.source_id, window)
        values = {":share": share, ":most": limit - share, ":end": window * WINDOW_SECONDS}
        values[":end"] += _KEPT_SECONDS
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
                UpdateExpression="ADD taken :share SET expires_at = :end",
                ConditionExpression="attribute_not_exists(taken) OR taken <= :most",
                ExpressionAttributeValues={
                    name: {"N": str(value)} for name, value in values.items()
                },
            )
        except ClientError as error:
            return not is_conditional_failure(error)
        except BotoCoreError:
            return True
        return True
