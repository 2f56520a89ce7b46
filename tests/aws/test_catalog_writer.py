"""Edits of the catalog: all or nothing, and never on top of what nobody looked at."""

from dataclasses import replace
from typing import Any

import pytest

from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import MAX_BODY_BYTES, MAX_ROWS, CatalogWriter, Definition
from shared.domain.text import to_text
from shared.errors import ConflictError, TooLargeError
from tests.conftest import NOON

SEGMENT = to_text(
    {
        "segment_id": "buyers",
        "title": "Buyers",
        "condition": {"type": "event", "event": "payment_done"},
    }
)
BUYERS = Definition(kind="SEGMENT", definition_id="buyers", body=SEGMENT)


@pytest.fixture
def writer(dynamodb: Any, catalog_table: str) -> CatalogWriter:
    return CatalogWriter(dynamodb, catalog_table, lambda: NOON)


def test_what_was_committed_is_found_and_read_by_everybody(
    writer: CatalogWriter, dynamodb: Any, catalog_table: str
) -> None:
    edit = writer.edit("default")
    assert edit.find("SEGMENT", "buyers") is None
    written = edit.put_version(BUYERS)
    assert writer.edit("default").all("SEGMENT") == []
    edit.commit()
    assert writer.edit("default").find("SEGMENT", "buyers") == written
    assert writer.edit("default").all("SEGMENT") == [written]
    assert written.updated_at == "2026-11-22T12:00:00.000Z"
    [read] = CatalogReader(dynamodb, catalog_table).segments("default")
    assert (read.segment.segment_id, read.version) == ("buyers", 1)


def test_of_two_edits_of_one_state_the_second_is_refused(writer: CatalogWriter) -> None:
    for _ in range(2):  # on an empty catalog, and on one that has a version
        first, second = writer.edit("default"), writer.edit("default")
        known = first.find("SEGMENT", "buyers")
        version = known.version + 1 if known else 1
        first.put_version(replace(BUYERS, version=version))
        first.commit()
        second.put_settings("{}")
        with pytest.raises(ConflictError):
            second.commit()
        assert writer.edit("default").settings() is None


def test_workspaces_do_not_disturb_each_other(writer: CatalogWriter) -> None:
    ours, theirs = writer.edit("ours"), writer.edit("theirs")
    ours.put_version(BUYERS)
    theirs.put_version(BUYERS)
    ours.commit()
    theirs.commit()
    assert writer.edit("default").all("SEGMENT") == []


def test_older_versions_stay(writer: CatalogWriter) -> None:
    edit = writer.edit("default")
    edit.put_version(BUYERS)
    edit.commit()
    edit = writer.edit("default")
    newer = edit.put_version(replace(BUYERS, version=2, body="{}"))
    edit.commit()
    edit = writer.edit("default")
    assert edit.body_of(newer, 1) == SEGMENT
    assert edit.body_of(newer, 2) == "{}"
    with pytest.raises(LookupError):
        edit.body_of(newer, 3)


def test_limits_of_rows_and_transactions_are_said_before_dynamodb_says_them(
    writer: CatalogWriter,
) -> None:
    with pytest.raises(TooLargeError):
        writer.edit("default").put_version(replace(BUYERS, body="x" * (MAX_BODY_BYTES + 1)))
    edit = writer.edit("default")
    for number in range(MAX_ROWS + 1):
        edit.put(replace(BUYERS, definition_id=f"s{number}"))
    with pytest.raises(ConflictError):
        edit.commit()
    edit = writer.edit("default")
    for number in range(MAX_ROWS):
        edit.put(replace(BUYERS, definition_id=f"s{number}"))
    edit.commit()
    assert len(writer.edit("default").all("SEGMENT")) == MAX_ROWS
