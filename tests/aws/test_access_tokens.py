"""One token for everybody: fetched by one at a time, given up when it dies, never left to rot."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.aws.access_tokens import LEASE, AccessTokens
from shared.errors import TransientError

PROFILES = "profiles"
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Account:
    """A provider whose old token dies when a new one is fetched."""

    def __init__(self) -> None:
        self.now = NOON
        self.fetched = 0
        self.broken = False
        self.lock = threading.Lock()

    def fetch(self) -> tuple[str, int]:
        with self.lock:
            if self.broken:
                raise TransientError("no")
            self.fetched += 1
            return f"token-{self.fetched}", 7_200

    def tokens(
        self, dynamodb: Any, pause: Any = lambda seconds: None, fetch: Any = None
    ) -> AccessTokens:
        return AccessTokens(
            dynamodb, PROFILES, "default", "wechat:wx1", fetch or self.fetch,
            now=lambda: self.now, pause=pause,
        )  # fmt: skip


class Mortal:
    """The client of a process that can die: from then on nothing reaches the table."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.is_dead = False

    def __getattr__(self, name: str) -> Any:
        return (lambda **_: None) if self.is_dead else getattr(self._client, name)


class Atomic:
    """The client as DynamoDB is: moto looks at a condition first and writes afterwards."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(**request: Any) -> Any:
            with self._lock:
                return method(**request)

        return call


@pytest.fixture
def account() -> Account:
    return Account()


def test_everybody_has_the_same_token_until_shortly_before_it_dies(account: Account, dynamodb: Any):
    first, second = account.tokens(dynamodb), account.tokens(dynamodb)
    assert {first.current(), second.current(), first.current()} == {"token-1"}
    account.now += timedelta(minutes=114)
    assert second.current() == "token-1"
    account.now += timedelta(minutes=2)
    assert {second.current(), first.current()} == {"token-2"}
    assert account.fetched == 2


def test_a_token_that_died_is_fetched_once_whoever_says_so(account: Account, dynamodb: Any):
    first, second, third = (account.tokens(dynamodb) for _ in range(3))
    for one in (first, second, third):
        one.current()
    first.is_dead("token-1")
    assert first.current() == "token-2"
    second.is_dead("token-1")  # late: the new one is left alone
    assert {second.current(), third.current()} <= {"token-1", "token-2"}
    assert second.current() == "token-2"
    assert account.fetched == 2


def test_of_many_at_once_one_fetches(account: Account, dynamodb: Any):
    table = Atomic(dynamodb)
    many = [account.tokens(table, pause=threading.Event().wait) for _ in range(8)]
    found: list[str] = []
    threads = [threading.Thread(target=lambda t=one: found.append(t.current())) for one in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["token-1"] * 8
    assert account.fetched == 1


def test_whoever_dies_while_fetching_holds_nobody_up_for_long(account: Account, dynamodb: Any):
    """The process ends in the middle of the call: nothing of it comes after."""

    class DiedError(BaseException):
        pass

    def die() -> tuple[str, int]:
        dead.is_dead = True
        raise DiedError

    dead = Mortal(dynamodb)
    with pytest.raises(DiedError):
        account.tokens(dead, fetch=die).current()
    other = account.tokens(dynamodb)
    with pytest.raises(TransientError, match="somebody else"):
        other.current()
    account.now += LEASE + timedelta(seconds=1)
    assert other.current() == "token-1"


def test_a_token_that_stays_the_same_until_it_dies_is_not_fetched_for_every_message(
    account: Account, dynamodb: Any
):
    dies, fetched = NOON + timedelta(hours=2), 0

    def fetch() -> tuple[str, int]:
        nonlocal fetched
        fetched += 1
        return "the same", int((dies - account.now).total_seconds())

    first, second = (account.tokens(dynamodb, fetch=fetch) for _ in range(2))
    first.current()
    account.now = dies - timedelta(seconds=299)
    for _ in range(270):  # a message each second
        assert {first.current(), second.current()} == {"the same"}
        account.now += timedelta(seconds=1)
    assert fetched <= 4


def test_a_provider_that_gives_none_frees_the_lease(account: Account, dynamodb: Any):
    account.broken = True
    with pytest.raises(TransientError, match="no"):
        account.tokens(dynamodb).current()
    account.broken = False
    assert account.tokens(dynamodb).current() == "token-1"
