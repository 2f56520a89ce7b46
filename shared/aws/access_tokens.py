"""Access tokens of accounts with providers: one for all functions, fetched by one at a time.

A provider such as WeChat may let the old token die when a new one is fetched, so two who fetch at
once would take turns in making each other fail. The row of an account holds the token, a version
that grows with each, and a lease: whoever holds it fetches, the others wait. A lease is taken on
the version that was seen, so nobody fetches right after somebody else has.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, is_conditional_failure, to_item
from shared.domain.instants import parse_instant
from shared.errors import TransientError

LEASE: Final = timedelta(seconds=15)  # longer than fetching may take
MARGIN: Final = timedelta(minutes=5)  # a token that dies sooner is not begun with
# Some providers give the same token until it dies. The margin is this part of what it has left, so
# that its last minutes are not fetched anew for each message.
_PART: Final = 10
_PAUSES: Final = (0.1, 0.2, 0.4, 0.8, 1.6)

Fetch = Callable[[], tuple[str, int]]
"""Asks the provider: gives a token and how many seconds it lives; raises TransientError."""


class AccessTokens:
    """The token of one account."""

    def __init__(
        self,
        client: Any,
        table: str,
        workspace_id: str,
        account: str,
        fetch: Fetch,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`client` is a low-level DynamoDB client; `now` gives the instant in UTC."""
        self._client = client
        self._table = table
        self._key = to_item(keys.access_token(workspace_id, account)._asdict())
        self._fetch = fetch
        self._now = now
        self._pause = pause
        self._me = uuid4().hex
        self._known: tuple[str, datetime] | None = None

    def current(self) -> str:
        """A token that is good for a while; raises TransientError where none can be had."""
        if self._known and self._now() < self._known[1]:
            return self._known[0]
        for pause in (*_PAUSES, None):
            row = self._read()
            if row and self._now() < (until := parse_instant(row["until"])):
                self._known = (row["token"], until)
                return self._known[0]
            if self._takes_lease(row.get("version", 0)):
                return self._renewed(row.get("version", 0))
            if pause is not None:
                self._pause(pause)
        raise TransientError("somebody else is fetching the access token, try again")

    def is_dead(self, token: str) -> None:
        """Say that the provider does not take this token any more; a newer one is left alone."""
        self._known = None
        self._change(
            "SET #until = :now",
            "#token = :token",
            {":now": self._now(), ":token": token},
        )

    def _renewed(self, version: int) -> str:
        try:
            token, seconds = self._fetch()
        except BaseException:
            self._change("REMOVE lease_until, lease_by", "lease_by = :me", {":me": self._me})
            raise
        lives = timedelta(seconds=seconds)
        until = self._now() + lives - min(MARGIN, lives / _PART)
        self._change(
            "SET #token = :token, #until = :until, version = :next REMOVE lease_until, lease_by",
            "lease_by = :me",
            {":token": token, ":until": until, ":next": version + 1, ":me": self._me},
        )
        self._known = (token, until)
        return token

    def _takes_lease(self, version: int) -> bool:
        now = self._now()
        free = "(attribute_not_exists(lease_until) OR lease_until < :now)"
        seen = "version = :seen" if version else "attribute_not_exists(version)"
        values = {":now": now, ":until": now + LEASE, ":me": self._me}
        return self._change(
            "SET lease_until = :until, lease_by = :me",
            f"{free} AND {seen}",
            values | ({":seen": version} if version else {}),
        )

    def _read(self) -> dict[str, Any]:
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table, Key=self._key, ConsistentRead=True
            ).get("Item")
        row = from_item(item) if item else {}
        return row if "until" in row else {}

    def _change(self, update: str, condition: str, values: dict[str, Any]) -> bool:
        names = {name: name.removeprefix("#") for name in ("#token", "#until")}
        used = {name: word for name, word in names.items() if name in update + condition}
        request = {
            "TableName": self._table,
            "Key": self._key,
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": to_item(values),
        }
        try:
            with faults_are_transient():
                self._client.update_item(
                    **request, **({"ExpressionAttributeNames": used} if used else {})
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True
