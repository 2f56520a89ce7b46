"""Tags with their tallies and their history, whatever is done twice or at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.aws import keys
from shared.aws.figures import FiguresReader
from shared.aws.items import to_item
from shared.aws.tag_store import TagChange, TagStore
from shared.domain.tags.held import HeldTag, tally_of
from shared.errors import ConflictError
from tests.crash.faults import Line

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = ("default", "ada")
FACT = {"about": "event", "name": "order", "value": 2, "holds": True}
SILVER = HeldTag("tier", "silver", NOON, 1, 1, None, NOON + HOUR, (FACT,), True, is_counted=True)
GOLD = replace(SILVER, value="gold", since=NOON + HOUR, changes=2, value_before="silver")


@pytest.fixture
def store(dynamodb, profiles_table):
    return TagStore(dynamodb, profiles_table, lambda _: None)


@pytest.fixture
def holders(dynamodb, profiles_table):
    figures = FiguresReader(dynamodb, profiles_table)
    return lambda *value: figures.of("default", "TAG", tally_of("tier", *value)).get("members", 0)


def test_a_tag_comes_back_as_it_was_stored(store, holders):
    store.store(*ADA, [TagChange(None, SILVER)])

    assert store.some(*ADA, ["tier", "others"]) == store.every(*ADA) == {"tier": SILVER}
    assert (holders(), holders("silver"), holders("gold")) == (1, 1, 0)


def test_holders_move_from_value_to_value(store, holders):
    store.store(*ADA, [TagChange(None, SILVER)])
    store.store(*ADA, [TagChange(SILVER, GOLD)])
    assert (holders(), holders("silver"), holders("gold")) == (1, 0, 1)

    gone = replace(GOLD, value=None, changes=3, value_before="gold", is_counted=False)
    store.store(*ADA, [TagChange(GOLD, gone)])
    assert (holders(), holders("silver"), holders("gold")) == (0, 0, 0)
    assert store.current(*ADA) == {}


def test_tags_whose_values_are_not_counted_cost_one_write(dynamodb, profiles_table):
    line = Line()
    store = TagStore(line.around(dynamodb), profiles_table)
    before = replace(SILVER, value=3, is_counted=False)
    TagStore(dynamodb, profiles_table).store(*ADA, [TagChange(None, before)])

    store.store(*ADA, [TagChange(before, replace(before, changes_at=None, untold=False))])

    assert line.calls == ["put_item"]


def test_what_is_stored_twice_counts_once(store, holders):
    for _ in range(2):
        store.store(*ADA, [TagChange(None, SILVER)])
    for _ in range(2):
        store.store(*ADA, [TagChange(SILVER, GOLD)])

    assert (holders(), holders("silver"), holders("gold")) == (1, 0, 1)
    assert [past.value for past in store.history(*ADA, "tier")] == ["silver", "gold"]


def test_a_row_that_is_not_as_it_was_read_is_left_alone(store, holders):
    store.store(*ADA, [TagChange(None, SILVER)])

    with pytest.raises(ConflictError):
        store.store(*ADA, [TagChange(None, replace(SILVER, value="bronze"))])
    with pytest.raises(ConflictError):
        store.store(*ADA, [TagChange(GOLD, replace(GOLD, value=None, changes=3))])

    assert store.every(*ADA) == {"tier": SILVER}
    assert (holders(), holders("silver")) == (1, 1)
    # The value that somebody meant to leave is no history of it.
    assert [past.value for past in store.history(*ADA, "tier")] == ["silver"]


def test_free_text_in_a_value_cannot_break_out_of_its_tally(store, dynamodb, profiles_table):
    held = replace(SILVER, value="a#b%")
    store.store(*ADA, [TagChange(None, held)])

    figures = FiguresReader(dynamodb, profiles_table)
    assert figures.of("default", "TAG", tally_of("tier", "a#b%")) == {"members": 1}


def test_parked_tags_count_for_nothing_until_they_are_stored_again(
    store, holders, dynamodb, profiles_table
):
    store.store(*ADA, [TagChange(None, SILVER)])
    root = {"pk": keys.person("default", "root"), "sk": keys.PROFILE, "joins": 1}
    dynamodb.put_item(TableName=profiles_table, Item=to_item(root))

    with pytest.raises(ConflictError):
        store.park("default", "root", 2, "ada", {"tier": SILVER})
    store.park("default", "root", 1, "ada", {"tier": SILVER})

    parked = store.every(*ADA)["tier"]
    assert (parked.parked, parked.untold, parked.value) == (True, False, "silver")
    assert (holders(), holders("silver"), store.current(*ADA)) == (0, 0, {})
    with pytest.raises(ConflictError):
        store.park("default", "root", 1, "ada", {"tier": SILVER})

    store.store(*ADA, [TagChange(parked, replace(parked, parked=False, is_counted=True))])
    assert (holders(), holders("silver")) == (1, 1)
