"""A write key is looked up once in a while, however often it is used, and never stored in clear."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from shared.aws import keys
from shared.aws.write_keys import (
    KNOWN_SECONDS,
    MAX_LENGTH,
    REMEMBERED,
    UNKNOWN_SECONDS,
    WriteKeys,
    digest,
)
from shared.domain.events.model import Source
from shared.errors import TransientError


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Table:
    """A catalog table of write keys that counts how often it is asked."""

    def __init__(self, *known: str) -> None:
        self.disabled: set[str] = set()
        self.rows = {keys.write_key(digest(key)).pk: key for key in known}
        self.reads = 0

    def get_item(self, Key: Any, ConsistentRead: bool, **_: Any) -> Any:  # noqa: N803
        assert ConsistentRead
        self.reads += 1
        key = self.rows.get(Key["pk"]["S"])
        if key is None:
            return {}
        return {
            "Item": {
                "digest": {"S": digest(key)},
                "workspace_id": {"S": "default"},
                "source_id": {"S": key},
                "disabled": {"BOOL": key in self.disabled},
            }
        }


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_digest_is_the_sha_256_of_the_key() -> None:
    assert digest("wk") == "ccf3aac864e8767e23e54e114b68691e1ea6d3fc73dae6136efd370b47c665dc"


def test_a_known_key_is_read_once_a_minute(clock: Clock) -> None:
    table = Table("a")
    found = WriteKeys(table, "catalog", clock)
    for _ in range(100):
        assert found.find("a") == Source("default", "a")
    assert table.reads == 1
    clock.now += KNOWN_SECONDS
    assert found.find("a")
    assert table.reads == 2


def test_an_unknown_key_is_remembered_too_but_not_for_long(clock: Clock) -> None:
    table = Table()
    found = WriteKeys(table, "catalog", clock)
    assert [found.find("new") for _ in range(100)] == [None] * 100
    assert table.reads == 1
    table.rows = Table("new").rows
    clock.now += UNKNOWN_SECONDS
    assert found.find("new") == Source("default", "new")


def test_a_disabled_key_stops_working_within_a_minute(clock: Clock) -> None:
    table = Table("a")
    found = WriteKeys(table, "catalog", clock)
    assert found.find("a")
    table.disabled.add("a")
    clock.now += KNOWN_SECONDS
    assert found.find("a") is None


def test_only_so_many_keys_are_remembered_the_latest_ones(clock: Clock) -> None:
    table = Table("a")
    found = WriteKeys(table, "catalog", clock)
    for number in range(REMEMBERED * 2):
        found.find(f"guess-{number}")
    assert len(found._remembered) == REMEMBERED
    reads = table.reads
    found.find(f"guess-{REMEMBERED * 2 - 1}")
    assert table.reads == reads
    found.find("guess-0")
    assert table.reads == reads + 1


def test_no_key_is_remembered_in_the_clear(clock: Clock) -> None:
    found = WriteKeys(Table("secret"), "catalog", clock)
    found.find("secret")
    assert "secret" not in found._remembered


@pytest.mark.parametrize("key", ["", "k" * (MAX_LENGTH + 1), "钥匙", "\ud800"])
def test_what_cannot_be_a_key_is_not_looked_up(clock: Clock, key: str) -> None:
    table = Table()
    assert WriteKeys(table, "catalog", clock).find(key) is None
    assert table.reads == 0


def test_a_fault_is_not_remembered(clock: Clock) -> None:
    class Faulty(Table):
        def get_item(self, **request: Any) -> Any:
            answer = super().get_item(**request)
            if self.reads == 1:
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            return answer

    found = WriteKeys(Faulty("a"), "catalog", clock)
    with pytest.raises(TransientError):
        found.find("a")
    assert found.find("a") == Source("default", "a")
