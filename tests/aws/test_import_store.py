"""How far an import is moves once, whoever hears of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.aws.import_store import ImportStore
from shared.domain.imports.definition import ImportDefinition
from shared.domain.imports.progress import Import
from shared.errors import ConflictError
from tests.aws.test_replay_store import Twice
from tests.conftest import NOON, PROFILES_TABLE


@pytest.fixture
def job(dynamodb: Any, profiles_table: str) -> Import:
    made = Import(
        workspace_id="default",
        import_id="i1",
        definition=ImportDefinition.model_validate({"kind": "events"}),
        file_key="imports/i1",
        file_name="file",
        timezone="Asia/Shanghai",
        created_at=NOON,
        updated_at=NOON,
        status="queued",
    )
    assert ImportStore(dynamodb, profiles_table).add(made)
    return made


def test_a_move_that_is_made_twice_is_our_own(dynamodb: Any, job: Import):
    store = ImportStore(Twice(dynamodb), PROFILES_TABLE)
    moved = store.move(job, replace(job, rows=3), NOON + timedelta(microseconds=1_234_567))
    assert moved == store.find("default", "i1")


def test_who_was_not_as_fast_hears_of_it_also_where_both_have_done_the_same(
    dynamodb: Any, job: Import
):
    store = ImportStore(dynamodb, PROFILES_TABLE)
    store.move(job, replace(job, rows=3), NOON + timedelta(seconds=1))
    with pytest.raises(ConflictError):
        store.move(job, replace(job, rows=3), NOON + timedelta(seconds=2))
