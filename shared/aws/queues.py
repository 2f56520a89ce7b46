"""SQS: JSON messages, packed and sent in batches, and durable when the call returns."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Final

from shared.aws.faults import faults_are_transient
from shared.domain.events.packing import pack, size
from shared.errors import TransientError

MAX_CALL_MESSAGES: Final = 10
# AWS takes 1 MiB a call since 2025, and 256 KiB before that; the bill is the same either way.
MAX_CALL_BYTES: Final = 256 * 1024
# What a batch call reports as failed is sent again: at once, then after these seconds.
PAUSES_SECONDS: Final = (0.0, 0.1, 0.4)

Entry = dict[str, Any]


class Queue:
    """One SQS queue."""

    def __init__(self, client: Any, url: str, pause: Callable[[float], None] = time.sleep) -> None:
        """`pause` waits for some seconds between two attempts."""
        self._client = client
        self._url = url
        self._pause = pause

    def send_json(self, payload: Any) -> None:
        """Send one message of plain JSON data; raises TransientError when SQS does not have it."""
        self.send([json.dumps(payload, allow_nan=False, separators=(",", ":"))])

    def send(self, bodies: Iterable[str]) -> None:
        """Send messages, in as few calls as they fit in.

        When this returns, SQS has all of them. Raises TransientError when it does not have some;
        others may be in the queue by then, so receivers must not mind a repetition.
        """
        self.send_later((body, 0) for body in bodies)

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        """Send messages as `send` does, each with the seconds (0 to 900) for which it is hidden."""
        for call in _calls(messages):
            self._send_all(call)

    def _send_all(self, messages: Sequence[tuple[str, int]]) -> None:
        left = [_entry(number, *message) for number, message in enumerate(messages)]
        for attempt in count():
            failed = self._send_once(left)
            if not failed:
                return
            if attempt == len(PAUSES_SECONDS):
                raise TransientError("the queue did not take everything", hint="send it again")
            left = [entry for entry in left if entry["Id"] in failed]
            self._pause(PAUSES_SECONDS[attempt])

    def _send_once(self, entries: list[Entry]) -> frozenset[str]:
        """Ids that SQS did not confirm; whatever it does not name as taken counts as failed."""
        with faults_are_transient():  # the client has tried several times already
            response = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        taken = {entry["Id"] for entry in response.get("Successful", ())}
        return frozenset(entry["Id"] for entry in entries) - taken


class EventQueue(Queue):
    """The queue between ingest and merge_identity."""

    def send_events(self, events: Iterable[str]) -> None:
        """Send events written by `shared.domain.events.packing.encode`, many to a message."""
        self.send(pack(events))


def _entry(number: int, body: str, delay_seconds: int) -> Entry:
    # A delay is named only where there is one, so that what a queue says for itself holds.
    delay = {"DelaySeconds": delay_seconds} if delay_seconds else {}
    return {"Id": str(number), "MessageBody": body, **delay}


def _calls(messages: Iterable[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    call: list[tuple[str, int]] = []
    filled = 0
    for body, delay_seconds in messages:
        length = size(body)
        if call and (len(call) == MAX_CALL_MESSAGES or filled + length > MAX_CALL_BYTES):
            yield call
            call, filled = [], 0
        call.append((body, delay_seconds))
        filled += length
    if call:
        yield call
