"""A checkpoint moves once, whoever hears of it."""

from datetime import timedelta
from typing import Any

import pytest

from shared.aws.replay_store import ReplayStore
from shared.domain.recovery.progress import Replay
from shared.errors import ConflictError
from tests.conftest import CATALOG_TABLE, NOON


class Twice:
    """A client that hears no answer to a write, and makes it once more."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb

    def __getattr__(self, name: str) -> Any:
        return getattr(self.dynamodb, name)

    def put_item(self, **request: Any) -> Any:
        self.dynamodb.put_item(**request)
        return self.dynamodb.put_item(**request)


@pytest.fixture
def replay(dynamodb: Any, catalog_table: str) -> Replay:
    made = Replay(workspace_id="default", replay_id="r", created_at=NOON, updated_at=NOON)
    assert ReplayStore(dynamodb, CATALOG_TABLE).add(made)
    return made


def test_a_move_that_is_made_twice_is_our_own(dynamodb: Any, replay: Replay):
    store = ReplayStore(Twice(dynamodb), CATALOG_TABLE)
    at = NOON + timedelta(microseconds=1_234_567)
    moved = store.move(replay, replay.past("a"), at)
    assert moved == store.find("default", "r")
    assert store.move(moved, moved.onward(), at).stage == "events"


@pytest.mark.parametrize("theirs", ["b", "a"])
def test_who_was_not_as_fast_hears_of_it(dynamodb: Any, replay: Replay, theirs: str):
    """Also where both have done the same."""
    store = ReplayStore(dynamodb, CATALOG_TABLE)
    store.move(replay, replay.past(theirs), NOON + timedelta(seconds=1))
    with pytest.raises(ConflictError):
        store.move(replay, replay.past("a"), NOON + timedelta(seconds=2))
