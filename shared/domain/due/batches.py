"""People who are sent for together, and how long their message waits in the queue.

Nobody may be judged too early: it would come to nothing, and nobody would come again. So a message
holds only people who are due within the same second of waiting, and waits for the last of them.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from shared.domain.instants import format_instant, parse_instant

MAX_PEOPLE: Final = 100  # a message: 4 KB, and some seconds of work
LONGEST_DELAY: Final = 900  # of SQS, in seconds


@dataclass(frozen=True, slots=True)
class Due:
    """Somebody or something that is due at an instant, by the name that its row has."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Names of a workspace who are all due at `due_at` at the latest.

    Whoever attends to them does so at `due_at` or later, whatever its own clock says: clocks differ
    by some milliseconds.
    """

    workspace_id: str
    names: tuple[str, ...]
    due_at: datetime


def delay_seconds(due_at: datetime, now: datetime) -> int:
    """How long a message waits that is sent at `now`: in whole seconds, and never too short.

    `due_at` is `LONGEST_DELAY` ahead at most.
    """
    return max(0, -((now - due_at) // timedelta(seconds=1)))


def batches(
    workspace_id: str, people: Iterable[Due], now: datetime, most: int = MAX_PEOPLE
) -> Iterator[tuple[Batch, int]]:
    """(batch, its delay in seconds) of people in the order in which they are due.

    At most `most` are in each.
    """
    for delay, crowd in groupby(people, key=lambda each: delay_seconds(each.due_at, now)):
        waiting = list(crowd)
        for first in range(0, len(waiting), most):
            some = waiting[first : first + most]
            names = tuple(each.name for each in some)
            yield Batch(workspace_id, names, some[-1].due_at), delay


def encode(batch: Batch) -> str:
    """A batch as the body of a message."""
    return json.dumps(
        {
            "workspace_id": batch.workspace_id,
            "names": batch.names,
            "due_at": format_instant(batch.due_at),
        },
        separators=(",", ":"),
    )


def is_batch(body: str) -> bool:
    """Whether a body is one that `encode` wrote, where others come by the same queue."""
    return body.startswith('{"workspace_id":')


def decode(body: str) -> Batch:
    """Read what `encode` wrote; raises ValueError, KeyError or TypeError on others."""
    parts = json.loads(body)
    return Batch(parts["workspace_id"], tuple(parts["names"]), parse_instant(parts["due_at"]))
