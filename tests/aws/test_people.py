"""One timeline over all strands: whatever the pages, every event is met once, in order."""

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import people as module
from shared.aws.items import to_item
from shared.aws.people import People
from shared.domain.instants import format_instant
from tests.conftest import NOON

pytestmark = pytest.mark.slow

SERIAL = count()
STRANDS = st.lists(
    st.lists(st.integers(0, 20), max_size=8, unique=True), min_size=1, max_size=4
)  # of each strand, the minutes at which something happened


def put(dynamodb, table, strand, minute, body="{}"):
    sk = f"EVT#{format_instant(NOON.replace(minute=minute))}#m"
    row = {"pk": f"default#P#{strand}", "sk": sk, "body": body}
    dynamodb.put_item(TableName=table, Item=to_item(row))
    return sk, strand


def pages(people, strands, limit):
    """Every page until there is no more."""
    after = None
    while True:
        page = people.timeline("default", strands, limit, after)
        assert len(page.rows) <= limit
        yield [(row["sk"], row["pk"].rpartition("#")[2]) for row in page.rows]
        after = page.after
        if after is None:
            return
        assert page.rows


@pytest.mark.usefixtures("quick_dynamodb")
@given(happened=STRANDS, limit=st.integers(1, 7))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_over_strands_that_interleave_hold_every_event_once(
    dynamodb, profiles_table, happened, limit
):
    run = next(SERIAL)
    strands = [f"s{run}-{number}" for number in range(len(happened))]
    there = [
        put(dynamodb, profiles_table, strand, minute)
        for strand, minutes in zip(strands, happened, strict=True)
        for minute in minutes
    ]

    met = [
        place for page in pages(People(dynamodb, profiles_table), strands, limit) for place in page
    ]

    assert met == sorted(there, reverse=True)


def test_a_strand_that_joins_between_two_pages_makes_no_event_come_twice(dynamodb, profiles_table):
    ours = [put(dynamodb, profiles_table, "a", minute) for minute in (1, 3, 5)]
    theirs = [put(dynamodb, profiles_table, "b", minute) for minute in (2, 4, 6)]
    people = People(dynamodb, profiles_table)

    first = people.timeline("default", ["a"], 2, None)
    second = people.timeline("default", ["a", "b"], 9, first.after)

    assert [row["sk"] for row in first.rows] == [ours[2][0], ours[1][0]]
    assert [row["sk"] for row in second.rows] == [theirs[0][0], ours[0][0]]
    assert second.after is None


def test_large_events_make_a_page_shorter(dynamodb, profiles_table, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 250)
    there = [put(dynamodb, profiles_table, s, n, "x" * 100) for s in "ab" for n in range(4)]
    there.append(put(dynamodb, profiles_table, "a", 9, "x" * 300))

    found = list(pages(People(dynamodb, profiles_table), ["a", "b"], 50))

    assert [len(page) for page in found] == [1, 2, 2, 2, 2]
    assert [place for page in found for place in page] == sorted(there, reverse=True)
