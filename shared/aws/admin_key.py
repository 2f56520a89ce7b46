"""The key of the admin API: fetched once, kept for some minutes, compared in constant time."""

import time
from collections.abc import Callable
from hmac import compare_digest
from typing import Any, Final

KEPT_SECONDS: Final = 300.0
# After a rotation the new key is refused at first and fetched again; but guesses must not turn
# into one call each.
REFUSED_KEPT_SECONDS: Final = 10.0
SHORTEST: Final = 16  # a secret that was never filled in opens nothing


class AdminKey:
    """The plain secret string of one secret in Secrets Manager."""

    def __init__(
        self, client: Any, secret_arn: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`client` is a Secrets Manager client; `clock` gives seconds that never run backwards."""
        self._client = client
        self._secret_arn = secret_arn
        self._clock = clock
        self._key = b""
        self._read_at = float("-inf")

    def fits(self, presented: str) -> bool:
        """Say whether this is the key; an older copy than some minutes is never asked."""
        offered = presented.encode("utf-8", "surrogatepass")
        if self._matches(offered, KEPT_SECONDS):
            return True
        return self._matches(offered, REFUSED_KEPT_SECONDS)

    def _matches(self, offered: bytes, at_most_seconds: float) -> bool:
        now = self._clock()
        if now - self._read_at >= at_most_seconds:
            secret = self._client.get_secret_value(SecretId=self._secret_arn)
            self._key, self._read_at = secret["SecretString"].strip().encode(), now
        return len(self._key) >= SHORTEST and compare_digest(offered, self._key)
