"""Counting goes on where it stood: over a deployment, and over a table with another stream."""

from datetime import timedelta

import pytest

from shared.aws import keys
from shared.aws.folding import STATE_ROW, Folder
from shared.domain.counters.fold import Occurrence, fold_state, position_in
from tests.conftest import NOON, PROFILES_TABLE
from tests.crash.tiny_store import TinyStore

FIRST, SECOND = "2026-11-01T00:00:00.000", "2026-12-31T00:00:00.000"
KEY = keys.Key(keys.person("default", "ada"), keys.STATE)


@pytest.fixture
def folder():
    return Folder(TinyStore(), PROFILES_TABLE)


def events(stream, *numbers):
    source = {"eventSourceARN": f"arn:aws:dynamodb:x:1:table/p/stream/{stream}"} if stream else {}
    records = [{"dynamodb": {"SequenceNumber": str(n)}, **source} for n in numbers]
    return fold_state(
        Occurrence(position_in(record), "page", NOON + timedelta(seconds=n))
        for n, record in zip(numbers, records, strict=True)
    )


def counted(folder):
    return (folder.read(KEY) or {}).get("events", 0)


def test_what_an_older_version_has_counted_is_not_counted_again(folder):
    """It did not write of which stream a position was; the batch at hand comes again after it."""
    folder.fold(KEY, events(None, 7, 8), STATE_ROW)
    folder.fold(KEY, events(FIRST, 7, 8), STATE_ROW)
    assert counted(folder) == 2
    folder.fold(KEY, events(FIRST, 8, 9), STATE_ROW)
    assert counted(folder) == 3
    folder.fold(KEY, events(FIRST, 7, 8, 9, 10), STATE_ROW)
    assert counted(folder) == 4


def test_a_table_that_was_restored_counts_on_though_its_stream_begins_anew(folder):
    folder.fold(KEY, events(FIRST, 10**7, 10**7 + 1), STATE_ROW)
    folder.fold(KEY, events(SECOND, 5), STATE_ROW)
    assert counted(folder) == 3
    for _ in range(2):
        folder.fold(KEY, events(SECOND, 5, 6), STATE_ROW)
    assert counted(folder) == 4
    folder.fold(KEY, events(FIRST, 10**7 + 2), STATE_ROW)  # of the stream that is gone
    assert counted(folder) == 4
