"""What the routes of replays work with."""

from dataclasses import dataclass

from shared.aws.queues import Queue
from shared.aws.replay_store import ReplayStore


@dataclass(frozen=True, slots=True)
class Recovering:
    """Replays of the lake, and the queue by which they go on."""

    replays: ReplayStore
    queue: Queue
