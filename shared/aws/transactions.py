"""Writes that hold together, tried again for a while when somebody else holds one of the items."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.faults import faults_are_transient
from shared.aws.items import is_conditional_failure, is_contention
from shared.errors import ConflictError, TransientError

Action = dict[str, dict[str, Any]]
"""One action of a transaction: `Put`, `Update`, `Delete` or `ConditionCheck`, and its request."""

PAUSES_SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.4)


def transact(
    client: Any,
    actions: Sequence[Action],
    *,
    pauses: Sequence[float] = PAUSES_SECONDS,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Do all actions or none; after each of the `pauses` (seconds) a busy item is tried again.

    An action alone is written without a transaction, at half the price. Raises ConflictError when a
    condition does not hold, TransientError when an item stays busy or AWS is out of reach.
    """
    for seconds in (*pauses, None):
        try:
            with faults_are_transient():
                _write(client, actions)
        except ClientError as error:
            if is_conditional_failure(error):
                raise ConflictError("somebody else was faster", hint="read again") from error
            if not is_contention(error):
                raise
            if seconds is None:
                raise TransientError("the table is busy, try again") from error
            pause(seconds)
        else:
            return


def _write(client: Any, actions: Sequence[Action]) -> None:
    match actions:
        case [{"Put": put}]:
            client.put_item(**put)
        case [{"Update": update}]:
            client.update_item(**update)
        case _:
            client.transact_write_items(TransactItems=list(actions))
