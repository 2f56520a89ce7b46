"""EventBridge: domain events, packed into as few calls as they fit in, each entry confirmed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from events.model import SOURCE, DomainEvent
from shared.errors import PermanentError, TransientError

MAX_CALL_ENTRIES: Final = 10
# AWS takes just under 1 MB a call by now, and took 256 KB before; each 64 KB is billed alike.
MAX_CALL_BYTES: Final = 256 * 1024
# Entries that a call reports as failed are sent again after these seconds.
PAUSES_SECONDS: Final = (0.1, 0.4)

Entry = dict[str, str]


class EventBus:
    """One event bus."""

    def __init__(
        self, client: Any, bus_name: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level EventBridge client; `pause` waits between two attempts."""
        self._client = client
        self._bus_name = bus_name
        self._pause = pause

    def publish(self, events: Iterable[DomainEvent]) -> None:
        """Put events on the bus, in their order as far as a bus has one.

        When this returns, the bus has all of them. Raises TransientError when it does not have
        some; others may be out by then, and carry the same `event_id` the next time. Raises
        PermanentError before anything is sent when one is larger than a call may be.
        """
        for call in list(_calls(self._entry(event) for event in events)):
            self._put_all(call)

    def _entry(self, event: DomainEvent) -> Entry:
        return {
            "EventBusName": self._bus_name,
            "Source": SOURCE,
            "DetailType": event.name,
            "Detail": event.model_dump_json(),
        }

    def _put_all(self, entries: Sequence[Entry]) -> None:
        for attempt in count():
            entries = self._put_once(entries)
            if not entries:
                return
            if attempt == len(PAUSES_SECONDS):
                raise TransientError("the bus did not take every event", hint="publish them again")
            self._pause(PAUSES_SECONDS[attempt])

    def _put_once(self, entries: Sequence[Entry]) -> list[Entry]:
        """The entries that the bus did not take; it answers for each in their order."""
        try:
            results = self._client.put_events(Entries=list(entries))["Entries"]
        except (ClientError, BotoCoreError) as error:  # the client has tried several times already
            raise TransientError("the bus cannot be reached", hint="publish them again") from error
        pairs = zip(entries, results, strict=True)
        return [entry for entry, result in pairs if "EventId" not in result]


def _calls(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    call: list[Entry] = []
    filled = 0
    for entry in entries:
        length = size(entry)
        if length > MAX_CALL_BYTES:
            raise PermanentError(f"a {entry['DetailType']} of {length:,} bytes fits into no call")
        if len(call) == MAX_CALL_ENTRIES or filled + length > MAX_CALL_BYTES:
            yield call
            call, filled = [], 0
        call.append(entry)
        filled += length
    if call:
        yield call


def size(entry: Entry) -> int:
    """Bytes that AWS counts for an entry without a time: source, detail type and detail."""
    return sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))


class SilentBus(EventBus):
    """Takes everything and tells nobody: while people are made again, what they are is no news."""

    def __init__(self) -> None:
        """Without a client, for nothing goes out."""

    def publish(self, events: Iterable[DomainEvent]) -> None:
        """Tell nobody."""
