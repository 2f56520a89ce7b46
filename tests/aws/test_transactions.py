"""All or nothing, again for a while when somebody else holds an item, and then not any more."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws.transactions import Action, transact
from shared.errors import ConflictError, TransientError

PUT: Action = {"Put": {"TableName": "profiles", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}
UPDATE: Action = {"Update": {"TableName": "profiles", "Key": {}, "UpdateExpression": "SET a = :a"}}
CHECK: Action = {"ConditionCheck": {"TableName": "profiles", "Key": {}}}


class Table:
    """Refuses with each of the reasons in turn, then takes what it is given."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = list(reasons)
        self.calls: list[str] = []
        self.pauses: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return lambda **request: self._call(name)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.reasons:
            reason = self.reasons.pop(0)
            cancelled = {"CancellationReasons": [{"Code": "None"}, {"Code": reason}]}
            error = {"Error": {"Code": "TransactionCanceledException", "Message": ""}}
            raise ClientError({**error, **cancelled}, name)  # type: ignore[typeddict-item]

    def take(self, *actions: Action) -> None:
        transact(self, actions, pauses=(0.1, 0.2), pause=self.pauses.append)


def test_what_is_held_by_somebody_else_is_tried_again():
    table = Table("TransactionConflict", "ThrottlingError")
    table.take(PUT, CHECK)
    assert table.calls == ["transact_write_items"] * 3
    assert table.pauses == [0.1, 0.2]


def test_what_stays_held_is_left_for_later():
    table = Table(*["TransactionConflict"] * 3)
    with pytest.raises(TransientError):
        table.take(PUT, CHECK)
    assert not table.reasons


def test_a_condition_that_does_not_hold_is_a_lost_race():
    table = Table("ConditionalCheckFailed")
    with pytest.raises(ConflictError):
        table.take(PUT, CHECK)
    assert table.pauses == []


def test_any_other_refusal_is_raised_as_it_is():
    with pytest.raises(ClientError):
        Table("ValidationError").take(PUT, CHECK)


@pytest.mark.parametrize(
    ("action", "call"),
    [(PUT, "put_item"), (UPDATE, "update_item"), (CHECK, "transact_write_items")],
)
def test_an_action_alone_costs_no_transaction(action: Action, call: str):
    table = Table()
    table.take(action)
    assert table.calls == [call]
