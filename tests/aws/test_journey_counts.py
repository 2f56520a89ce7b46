"""Tallies of journeys count each change once, however the stream delivers it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.aws.figures import FiguresReader
from shared.aws.journey_counts import Change, JourneyCounts
from shared.domain.journeys.counting import Counted, Deltas
from shared.errors import PermanentError, TransientError
from tests.conftest import PROFILES_TABLE

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def change(number: int, journey_id: str = "hello") -> Change:
    """One of a stream of changes, in which several people go from one step to the next."""
    step = number // 3
    counts = {Counted(f"here:s{step}", 1): 1, Counted(f"went:s{step - 1}:s{step}", 1): 1}
    begins = {Counted("started"): 1} if step == 0 else {Counted(f"here:s{step - 1}", 1): -1}
    ids = "default", f"p{number % 3}", f"of {journey_id}"
    return Change(*ids, step + 1, journey_id, Deltas(counts | begins))


def expected(changes: list[Change]) -> dict[str, int]:
    total = Counter[str]()
    for one in changes:
        total.update({counted.name: n for counted, n in one.deltas.items()})
    return {name: n for name, n in total.items() if n}


@dataclass
class Table:
    """As much of DynamoDB as counting needs, which can lose a write, or the answer to one."""

    rows: dict[str, Any] = field(default_factory=dict)
    tallies: Counter[str] = field(default_factory=Counter)
    fault: str = ""

    def get_item(self, **request: Any) -> dict[str, Any]:
        row = self.rows.get(request["Key"]["pk"]["S"])
        return {"Item": row} if row else {}

    def put_item(self, **request: Any) -> None:
        self.transact_write_items(TransactItems=[{"Put": request}])

    def transact_write_items(self, **request: Any) -> None:
        fault, self.fault = self.fault, ""
        if fault == "before":
            raise TransientError("never got there")
        first, *updates = (next(iter(each.values())) for each in request["TransactItems"])
        place = first["Item"]["pk"]["S"]
        if "ConditionExpression" in first and place in self.rows:
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "put")
        self.rows[place] = first["Item"]
        for each in updates:
            names, values = each["ExpressionAttributeNames"], each["ExpressionAttributeValues"]
            for alias, name in names.items():
                self.tallies[name] += int(values[f":{alias[1:]}"]["N"])
        if fault == "after":
            raise TransientError("the answer was lost")


class Stream:
    """A shard of a stream and who reads it: from where it stopped, in batches, until it is told.

    Whoever reads may die and go on from an earlier place where a batch began, and a batch that
    failed may come again as it was, halved, shorter or longer.
    """

    def __init__(self, changes: list[Change], data: st.DataObject) -> None:
        self.table = Table()
        self._changes, self._data = changes, data
        self._begun = [0]

    def deliver(self) -> None:
        place = 0
        for _ in range(40):
            if place == len(self._changes):
                break
            most = len(self._changes) - place
            place = self._batch(place, place + self._data.draw(st.integers(1, most)))
            if self._data.draw(st.integers(0, 5)) == 0:
                place = self._data.draw(st.sampled_from(self._begun))
        if place < len(self._changes):
            self._batch(place, len(self._changes), faults=("",))

    def _batch(
        self, first: int, last: int, faults: tuple[str, ...] = ("", "", "before", "after")
    ) -> int:
        self.table.fault = self._data.draw(st.sampled_from(faults))
        counts = JourneyCounts(self.table, "profiles", pause=lambda _: None)
        try:
            counts.count(self._changes[first:last], NOON)
        except TransientError:
            half = first + max(1, (last - first) // 2)
            return self._batch(self._batch(first, half), last) if half < last else first
        self._begun.append(last if last < len(self._changes) else first)
        return last


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 24), st.data())
def test_each_change_is_counted_once_however_it_is_delivered(many: int, data: st.DataObject):
    changes = [change(number) for number in range(many)]
    stream = Stream(changes, data)
    stream.deliver()
    assert {k: n for k, n in stream.table.tallies.items() if n} == expected(changes)


def test_tallies_are_read_as_figures(dynamodb: Any, profiles_table: str):
    counts = JourneyCounts(dynamodb, profiles_table)
    changes = [change(number) for number in range(7)]
    for _ in range(2):
        counts.count(changes[:4], NOON)
    counts.count(changes[4:], NOON)
    figures = FiguresReader(dynamodb, PROFILES_TABLE)
    of_steps = figures.of("default", "STEPS", "hello@1")
    of_journey = figures.of("default", "JOURNEY", "hello")
    assert {k: n for k, n in (of_steps | of_journey).items() if n} == expected(changes)


def test_a_batch_that_touches_more_tallies_than_a_transaction_takes_is_counted_in_parts(
    dynamodb: Any, profiles_table: str
):
    counts = JourneyCounts(dynamodb, profiles_table)
    changes = [change(0, f"j{number}") for number in range(60)]
    for _ in range(2):
        counts.count(changes, NOON)
    figures = FiguresReader(dynamodb, PROFILES_TABLE)
    assert all(figures.of("default", "JOURNEY", f"j{n}") == {"started": 1} for n in range(60))


def test_changes_in_another_order_are_not_guessed_at(dynamodb: Any, profiles_table: str):
    counts = JourneyCounts(dynamodb, profiles_table)
    changes = [change(number) for number in range(4)]
    counts.count(changes, NOON)
    with pytest.raises(PermanentError):
        counts.count([changes[0], changes[2], changes[1]], NOON)
