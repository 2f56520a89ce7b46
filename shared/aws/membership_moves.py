"""Moves memberships when people merge and part, so that every tally stays exact at each instant.

Every write holds only while the person is made of the same strands as when it was read (`joins` of
the PROFILE row), and only once: what is parked is not moved again, what is not parked not parted.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import to_item
from shared.aws.membership_store import Change, MembershipStore, membership_item
from shared.aws.transactions import Action, transact
from shared.domain.segments.membership import Membership
from shared.domain.segments.moving import parted, united

MAX_ACTIONS: Final = 99  # of 100: one checks the person

Rows = Mapping[str, Membership]


class MembershipMoves:
    """Moves of membership rows in the profiles table."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits between two attempts."""
        self._client = client
        self._table = profiles_table
        self._pause = pause
        self._store = MembershipStore(client, profiles_table, pause)

    def left_behind(self, workspace_id: str, profile_id: str) -> Rows:
        """The memberships of an absorbed profile that have not been moved yet."""
        with faults_are_transient():
            return self._store.every(workspace_id, profile_id)

    def gather(
        self,
        workspace_id: str,
        profile_id: str,
        joins: int,
        own: Rows,
        absorbed_id: str,
        rows: Rows,
    ) -> None:
        """Hand these memberships of an absorbed profile on to the survivor, and park them.

        `own` are the survivor's in the same segments; both sides' flips must have been told. Nobody
        enters or leaves by this. Raises ConflictError when somebody was faster.
        """
        moves: list[list[Action]] = []
        for name, row in rows.items():
            before = own.get(name)
            after = united(before, row)
            move: list[Action] = [{"Update": self._park(workspace_id, absorbed_id, row)}]
            if after:
                change = Change(before, after)
                move.append({"Put": self._store.put_of(workspace_id, profile_id, change)})
            if row.member and before and before.member:
                move.append({"Update": self._tally(workspace_id, absorbed_id, name, -1)})
            moves.append(move)
        self._carry_out(workspace_id, profile_id, joins, moves)

    def part(
        self, workspace_id: str, profile_id: str, joins: int, former_id: str, at: datetime
    ) -> bool:
        """Give a profile that parted at `at` what the person had that it was part of.

        Says whether that was not done yet. Raises ConflictError when somebody was faster.
        """
        with faults_are_transient():
            own = self._store.parked_too(workspace_id, profile_id)
            former = self._store.parked_too(workspace_id, former_id)
        moves: list[list[Action]] = []
        for name in sorted(own.keys() | former.keys()):
            before = own.get(name)
            after = parted(before, former.get(name), at)
            if after is None or (before and not before.parked):
                continue
            move: list[Action] = [{"Put": self._unpark(workspace_id, profile_id, before, after)}]
            if after.member:
                move.append({"Update": self._tally(workspace_id, profile_id, name, 1)})
            moves.append(move)
        self._carry_out(workspace_id, profile_id, joins, moves)
        return bool(moves)

    def _carry_out(
        self, workspace_id: str, profile_id: str, joins: int, moves: Sequence[Sequence[Action]]
    ) -> None:
        person: Action = {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": to_item({"pk": keys.person(workspace_id, profile_id), "sk": keys.PROFILE}),
                "ConditionExpression": "joins = :joins AND attribute_not_exists(redirect)",
                "ExpressionAttributeValues": to_item({":joins": joins}),
            }
        }
        for actions in _packed(moves):
            transact(self._client, [person, *actions], pause=self._pause)

    def _park(self, workspace_id: str, profile_id: str, row: Membership) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": _row_key(workspace_id, profile_id, row.segment_id),
            "UpdateExpression": "SET parked = :true REMOVE untold",
            "ConditionExpression": "flips = :flips AND attribute_not_exists(parked)",
            "ExpressionAttributeValues": to_item({":true": True, ":flips": row.flips}),
        }

    def _unpark(
        self, workspace_id: str, profile_id: str, before: Membership | None, after: Membership
    ) -> dict[str, Any]:
        put = {
            "TableName": self._table,
            "Item": membership_item(workspace_id, profile_id, after),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before:
            put["ConditionExpression"] = "flips = :flips AND attribute_exists(parked)"
            put["ExpressionAttributeValues"] = to_item({":flips": before.flips})
        return put

    def _tally(
        self, workspace_id: str, profile_id: str, segment_id: str, by: int
    ) -> dict[str, Any]:
        key = keys.tally(workspace_id, "SEGMENT", segment_id, profile_id)
        return {
            "TableName": self._table,
            "Key": to_item(key._asdict()),
            "UpdateExpression": "ADD members :n",
            "ExpressionAttributeValues": to_item({":n": by}),
        }


def _row_key(workspace_id: str, profile_id: str, segment_id: str) -> dict[str, Any]:
    return to_item({"pk": keys.person(workspace_id, profile_id), "sk": keys.membership(segment_id)})


def _packed(moves: Sequence[Sequence[Action]]) -> Iterator[list[Action]]:
    """As many moves as a transaction takes; none is cut apart."""
    filled: list[Action] = []
    for move in moves:
        if len(filled) + len(move) > MAX_ACTIONS:
            yield filled
            filled = []
        filled += move
    if filled:
        yield filled
