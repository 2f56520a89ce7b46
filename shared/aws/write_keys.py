"""Write keys: found by their hash, compared in constant time, remembered for a short while."""

import time
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item
from shared.domain.events.model import Source
from shared.domain.instants import parse_instant

# How long a disabled key can still work, and how long a new one can still be refused.
KNOWN_SECONDS: Final = 60.0
UNKNOWN_SECONDS: Final = 10.0
REMEMBERED: Final = 1_000
MAX_LENGTH: Final = 128


def digest(write_key: str) -> str:
    """SHA-256 of a write key in hexadecimal: the only form in which a key is stored."""
    return sha256(write_key.encode()).hexdigest()


class WriteKeys:
    """Looks write keys up in the catalog table.

    Keys that do not exist are remembered too, so that a client with a wrong key costs no reads;
    at most `REMEMBERED` keys in all, as hashes.
    """

    def __init__(
        self,
        client: Any,
        catalog_table: str,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`clock` gives seconds that never run backwards, `now` seconds since 1970."""
        self._client = client
        self._table = catalog_table
        self._clock = clock
        self._now = now
        self._remembered: dict[str, tuple[float, Source | None]] = {}

    def find(self, write_key: str) -> Source | None:
        """The source that a key belongs to, None when there is none or the key is disabled.

        Raises TransientError when the catalog cannot be read for now.
        """
        if not (0 < len(write_key) <= MAX_LENGTH and write_key.isascii()):
            return None
        name, now = digest(write_key), self._clock()
        forget_at, source = self._remembered.get(name, (now, None))
        if forget_at <= now:
            source = self._read(name)
            self._remember(name, source, now)
        return source

    def _read(self, name: str) -> Source | None:
        key = keys.write_key(name)
        with faults_are_transient():
            # Strongly consistent, because a new key is used at once and an SDK whose key is
            # refused drops what it wanted to send.
            item = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
                ConsistentRead=True,
            ).get("Item")
        # The row was found by half of the hash; whether it is this key is decided by the whole.
        if not item or not compare_digest(item["digest"]["S"], name):
            return None
        row = from_item(item)
        if row.get("disabled") or self._is_retired(row.get("retires_at")):
            return None
        return Source(
            row["workspace_id"],
            row["source_id"],
            row.get("kind") == "server",
            row.get("events_per_minute", 0),
            row.get("max_event_bytes", 0),
        )

    def _is_retired(self, retires_at: str | None) -> bool:
        return retires_at is not None and parse_instant(retires_at).timestamp() <= self._now()

    def _remember(self, name: str, source: Source | None, now: float) -> None:
        self._remembered.pop(name, None)
        while len(self._remembered) >= REMEMBERED:
            del self._remembered[next(iter(self._remembered))]  # the one that is oldest
        seconds = UNKNOWN_SECONDS if source is None else KNOWN_SECONDS
        self._remembered[name] = (now + seconds, source)
