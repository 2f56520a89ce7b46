"""Limits of sources: never more than promised, whatever number of copies count, and few writes."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aws import keys
from shared.aws.rates import SHARES, WINDOW_SECONDS, Rates
from shared.domain.events.model import Source

LIMIT = 2_500
SOURCE = Source("default", "web", False, LIMIT)


class Table:
    """What DynamoDB does with the one request that is made: add, unless it would be too much."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, str], int] = {}
        self.writes = 0

    def update_item(self, **request: Any) -> None:
        self.writes += 1
        assert request["UpdateExpression"].startswith("ADD taken :share")
        assert request["ConditionExpression"].endswith("taken <= :most")
        place = (request["Key"]["pk"]["S"], request["Key"]["sk"]["S"])
        values = request["ExpressionAttributeValues"]
        taken = self.taken.get(place)
        if taken is not None and taken > int(values[":most"]["N"]):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "UpdateItem")
        self.taken[place] = (taken or 0) + int(values[":share"]["N"])


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


REQUESTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, LIMIT), st.integers(0, 30)), max_size=120
)


@given(REQUESTS)
@settings(max_examples=200, deadline=None)
def test_no_minute_takes_more_than_the_limit_and_what_copies_had_left(
    requests: list[tuple[int, int, int]],
) -> None:
    table, clock = Table(), Clock()
    copies = [Rates(table, "catalog", clock) for _ in range(4)]
    came: dict[int, int] = {}
    for copy, events, pause in requests:
        clock.now += pause
        window = int(clock.now) // WINDOW_SECONDS
        wait = copies[copy].wait_for(SOURCE, events)
        if wait:
            assert 0 < wait <= WINDOW_SECONDS
            assert (clock.now + wait) // WINDOW_SECONDS > window, "a later minute has room"
        else:
            came[window] = came.get(window, 0) + events
    assert all(taken <= LIMIT for taken in table.taken.values())
    assert sum(came.values()) <= sum(table.taken.values())
    kept_back = len(copies) * (LIMIT // SHARES)
    assert all(events <= LIMIT + kept_back for events in came.values())


@given(st.integers(1, 5), st.integers(1, 50))
@settings(max_examples=50, deadline=None)
def test_small_requests_cost_a_share_each_and_no_write_of_their_own(copies: int, size: int) -> None:
    table, clock = Table(), Clock()
    made = [Rates(table, "catalog", clock) for _ in range(copies)]
    let_in = 0
    for number in range(2 * LIMIT // size):
        let_in += size * (made[number % copies].wait_for(SOURCE, size) == 0)
    assert LIMIT - copies * (LIMIT // SHARES) - size <= let_in <= LIMIT
    assert table.writes <= SHARES + 3 * copies


def test_a_full_batch_always_finds_a_minute(dynamodb: Any, catalog_table: str) -> None:
    """With the table itself: what is too much now comes in at the time that was said."""
    clock = Clock()
    rates = [Rates(dynamodb, catalog_table, clock) for _ in range(2)]
    assert rates[0].wait_for(SOURCE, LIMIT) == 0
    clock.now = 20
    assert rates[1].wait_for(SOURCE, 1) == 40
    clock.now = 60
    assert rates[1].wait_for(SOURCE, LIMIT) == 0
    key = keys.rate("default", "web", 0)
    item = dynamodb.get_item(
        TableName=catalog_table, Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    )["Item"]
    assert item["taken"] == {"N": str(LIMIT)}
    assert item["expires_at"] == {"N": "3600"}


def test_without_a_limit_nothing_is_counted() -> None:
    table = Table()
    assert Rates(table, "catalog", Clock()).wait_for(Source("default", "web"), 10_000) == 0
    assert table.writes == 0


@pytest.mark.parametrize(
    "fault",
    [
        lambda: ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem"),
        lambda: EndpointConnectionError(endpoint_url="x"),
    ],
)
def test_while_nobody_can_count_everything_comes_in(fault: Callable[[], Exception]) -> None:
    class Faulty(Table):
        def update_item(self, **request: Any) -> None:
            raise fault()

    assert Rates(Faulty(), "catalog", Clock()).wait_for(SOURCE, LIMIT) == 0
