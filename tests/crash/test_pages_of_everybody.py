"""A walk over everybody goes on from whatever row its page ended at; only a real engine tells."""

from typing import Any

import pytest

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.review_store import EverybodyReader
from tests.conftest import PROFILES_TABLE
from tests.crash.conftest import Judge

ROWS = (keys.PROFILE, f"{keys.ENROLMENT_PREFIX}e1", f"{keys.MESSAGE_PREFIX}m1")


@pytest.mark.parametrize("page", [1, 2, 3, 5])
def test_a_page_may_end_at_a_row_of_any_kind(judge: Judge, page: int) -> None:
    table = judge()
    for name in ("ann", "bea", "cy"):
        for sk in ROWS:
            row: dict[str, Any] = {"pk": keys.person("default", name), "sk": sk}
            table.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
    reader = EverybodyReader(table, PROFILES_TABLE, page)

    pages, cursor = 1, reader.page("default", "").cursor
    while cursor:
        cursor, pages = reader.page("default", cursor).cursor, pages + 1
        assert pages <= len(ROWS) * 3 + 1
    assert pages >= len(ROWS) * 3 // page
