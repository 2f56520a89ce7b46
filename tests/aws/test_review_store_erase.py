"""Reports of trials hold examples in plain words: an erasure takes those that name the person."""

from typing import Any

import pytest

from shared.aws.review_store import ReviewStore
from shared.domain.erasure.letters import Wanted
from shared.domain.identity.graph import Identifier
from shared.domain.identity.review import Review
from shared.errors import NotFoundError
from tests.conftest import CATALOG_TABLE, NOON


def finished(review_id: str, mail: str) -> Review:
    examples = [{"before": [[{"kind": "email", "value": mail}]], "after": [], "because": []}]
    return Review(
        review_id=review_id,
        purpose="trial",
        rules="{}",
        requested_at=NOON,
        stage="done",
        finished_at=NOON,
        report={"merges": examples},
    )


def test_an_erasure_takes_the_reports_that_name_the_person_and_no_other(
    dynamodb: Any, catalog_table: str
):
    store = ReviewStore(dynamodb, CATALOG_TABLE)
    store.put("default", finished("r1", "ada@mail.example"))
    store.put("default", finished("r2", "eve@mail.example"))
    ada = Wanted(frozenset({Identifier("email", "ada@mail.example")}), frozenset({"a1" * 16}), NOON)
    assert store.erase("default", ada) == {"reviews": 1}
    assert store.erase("default", ada) == {"reviews": 0}
    with pytest.raises(NotFoundError):
        store.load("default", "r1")
    assert store.load("default", "r2").report
