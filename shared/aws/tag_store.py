"""The tags of people (TAG rows), the values that they had, and the tallies that count holders."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, from_item, get_items, query_prefix, to_item
from shared.aws.transactions import Action, transact
from shared.domain.instants import parse_instant
from shared.domain.measures.model import Value
from shared.domain.tags.held import HeldTag, tallies_by
from shared.domain.text import to_text
from shared.errors import ConflictError

MAX_ACTIONS: Final = 99  # of 100: one may check the person
# Many people get a value at once and meet at its tallies: tried again after these seconds.
PAUSES_SECONDS: Final = (0.05, 0.2)


class TagChange(NamedTuple):
    """A tag as it is stored (None without a row), and as it is to be stored."""

    before: HeldTag | None
    after: HeldTag

    @property
    def is_change(self) -> bool:
        """Whether the person gets another value."""
        return self.after.changes != (self.before.changes if self.before else 0)


class PastValue(NamedTuple):
    """A value that a tag had since an instant, until the next one; None: no value."""

    value: Value | None
    since: datetime
    version: int
    because: tuple[dict[str, Any], ...]


class TagStore:
    """Tags in the profiles table; every method raises TransientError."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits between two attempts."""
        self._client = client
        self._table = profiles_table
        self._pause = pause

    # --- what is held -----------------------------------------------------------------------------

    def some(
        self, workspace_id: str, profile_id: str, tag_ids: Iterable[str]
    ) -> dict[str, HeldTag]:
        """The rows among these tags, parked ones too; strongly consistent."""
        pk = keys.person(workspace_id, profile_id)
        with faults_are_transient():
            found = get_items(
                self._client, self._table, (keys.Key(pk, keys.tag(each)) for each in tag_ids)
            )
        return {each.tag_id: each for each in map(held_of, found.values())}

    def every(self, workspace_id: str, profile_id: str) -> dict[str, HeldTag]:
        """All rows of a profile, parked ones too; strongly consistent."""
        start = keys.Key(keys.person(workspace_id, profile_id), keys.TAG_PREFIX)
        with faults_are_transient():
            items = list(query_prefix(self._client, self._table, start))
        return {each.tag_id: each for each in map(held_of, items)}

    def current(self, workspace_id: str, profile_id: str) -> dict[str, HeldTag]:
        """What a person holds, by tag: the rows that count and have a value."""
        held = self.every(workspace_id, profile_id)
        return {name: each for name, each in held.items() if is_current(each)}

    def history(self, workspace_id: str, profile_id: str, tag_id: str) -> list[PastValue]:
        """Every value that a tag had, ascending; the last one is the present one."""
        start = keys.Key(keys.person(workspace_id, profile_id), keys.tag_logs_of(tag_id))
        with faults_are_transient():
            past = [from_item(item) for item in query_prefix(self._client, self._table, start)]
        return history_of(past, self.some(workspace_id, profile_id, [tag_id]).get(tag_id))

    def histories(self, workspace_id: str, profile_id: str) -> dict[str, list[PastValue]]:
        """The history of every tag that ever had a value, by tag."""
        start = keys.Key(keys.person(workspace_id, profile_id), keys.TAG_LOG_PREFIX)
        past: dict[str, list[Mapping[str, Any]]] = {}
        with faults_are_transient():
            for item in query_prefix(self._client, self._table, start):
                row = from_item(item)
                tag_id = row["sk"].removeprefix(keys.TAG_LOG_PREFIX).rpartition("#")[0]
                past.setdefault(tag_id, []).append(row)
        held = self.every(workspace_id, profile_id)
        return {name: history_of(past.get(name, ()), each) for name, each in held.items()}

    # --- what changes -----------------------------------------------------------------------------

    def store(self, workspace_id: str, profile_id: str, changes: Sequence[TagChange]) -> None:
        """Store tags, each together with the tallies that it moves.

        The value that is left is written into the history first. Storing again what is stored
        already changes nothing. Raises ConflictError when a row is not as it was read.
        """
        for change in changes:
            if change.is_change and change.before and change.before.changes:
                self._keep(workspace_id, profile_id, change.before)
            try:
                self._transact(self._actions(workspace_id, profile_id, change))
            except ConflictError:
                # An earlier attempt, whose answer was lost, may have stored it.
                tag_id = change.after.tag_id
                stored = self.some(workspace_id, profile_id, [tag_id])
                if stored.get(tag_id) != change.after:
                    raise

    def park(
        self,
        workspace_id: str,
        profile_id: str,
        joins: int,
        absorbed_id: str,
        rows: Mapping[str, HeldTag],
    ) -> None:
        """Let the tags of an absorbed profile count no longer; their changes must have been told.

        Holds only while the person `profile_id` is made of the same strands as when it was read.
        Raises ConflictError when somebody was faster.
        """
        person = self._person(workspace_id, profile_id, joins)
        filled: list[Action] = []
        for row in rows.values():
            actions = [
                {"Update": self._park(workspace_id, absorbed_id, row)},
                *self._counts(workspace_id, absorbed_id, row.tallies, -1),
            ]
            if len(filled) + len(actions) > MAX_ACTIONS:
                self._transact([person, *filled])
                filled = []
            filled += actions
        if filled:
            self._transact([person, *filled])

    def _transact(self, actions: Sequence[Action]) -> None:
        transact(self._client, actions, pauses=PAUSES_SECONDS, pause=self._pause)

    def _actions(self, workspace_id: str, profile_id: str, change: TagChange) -> list[Action]:
        before = change.before.tallies if change.before else ()
        after = change.after.tallies
        left = [tally for tally in before if tally not in after]
        entered = [tally for tally in after if tally not in before]
        return [
            {"Put": self._put(workspace_id, profile_id, change)},
            *self._counts(workspace_id, profile_id, left, -1),
            *self._counts(workspace_id, profile_id, entered, 1),
        ]

    def _put(self, workspace_id: str, profile_id: str, change: TagChange) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": held_item(workspace_id, profile_id, change.after),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if before := change.before:
            parked = "attribute_exists" if before.parked else "attribute_not_exists"
            put["ConditionExpression"] = f"changes = :changes AND {parked}(parked)"
            put["ExpressionAttributeValues"] = to_item({":changes": before.changes})
        return put

    def _keep(self, workspace_id: str, profile_id: str, before: HeldTag) -> None:
        """Write down the value that is about to be left; repeating it changes nothing."""
        row = {
            "pk": keys.person(workspace_id, profile_id),
            "sk": keys.tag_log(before.tag_id, before.since),
            "value": to_text(before.value),
            "version": before.version,
            "because": to_text(before.because),
        }
        with faults_are_transient():
            self._client.put_item(TableName=self._table, Item=to_item(row))

    def _counts(
        self, workspace_id: str, profile_id: str, tallies: Iterable[str], by: int
    ) -> Iterator[Action]:
        for subject in tallies:
            key = keys.tally(workspace_id, "TAG", subject, profile_id)
            yield {
                "Update": {
                    "TableName": self._table,
                    "Key": to_item(key._asdict()),
                    "UpdateExpression": "ADD members :n",
                    "ExpressionAttributeValues": to_item({":n": by}),
                }
            }

    def _park(self, workspace_id: str, profile_id: str, row: HeldTag) -> dict[str, Any]:
        pk = keys.person(workspace_id, profile_id)
        return {
            "TableName": self._table,
            "Key": to_item({"pk": pk, "sk": keys.tag(row.tag_id)}),
            "UpdateExpression": "SET parked = :true REMOVE untold, counted",
            "ConditionExpression": "changes = :changes AND attribute_not_exists(parked)",
            "ExpressionAttributeValues": to_item({":true": True, ":changes": row.changes}),
        }

    def _person(self, workspace_id: str, profile_id: str, joins: int) -> Action:
        pk = keys.person(workspace_id, profile_id)
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": to_item({"pk": pk, "sk": keys.PROFILE}),
                "ConditionExpression": "joins = :joins AND attribute_not_exists(redirect)",
                "ExpressionAttributeValues": to_item({":joins": joins}),
            }
        }


def is_current(held: HeldTag) -> bool:
    """Whether somebody has a value of a tag, and answers for himself."""
    return held.value is not None and not held.parked


def tallies_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The tallies in which somebody stands by a TAG row."""
    if row.get("parked"):
        return ()
    value, tag_id = json.loads(row["value"]), row["sk"].removeprefix(keys.TAG_PREFIX)
    return tallies_by(tag_id, value, is_counted=row.get("counted", False))


def history_of(past: Iterable[Mapping[str, Any]], held: HeldTag | None) -> list[PastValue]:
    """Every value of one tag, ascending, from the rows of its history and the present one.

    Somebody who died, or was slower, may have written down a value that was never left.
    """
    if held is None or not held.changes:
        return []
    values = (
        PastValue(
            json.loads(row["value"]),
            parse_instant(row["sk"].rpartition("#")[2]),
            row["version"],
            tuple(json.loads(row["because"])),
        )
        for row in past
    )
    now = PastValue(held.value, held.since, held.version, held.because)
    return [*(each for each in values if each.since < held.since), now]


def held_item(workspace_id: str, profile_id: str, held: HeldTag) -> Item:
    """The row of a tag."""
    return to_item(
        {
            "pk": keys.person(workspace_id, profile_id),
            "sk": keys.tag(held.tag_id),
            "value": to_text(held.value),
            "since": held.since,
            "version": held.version,
            "changes": held.changes,
            "value_before": to_text(held.value_before) if held.untold else None,
            "changes_at": held.changes_at,
            "because": to_text(held.because),
            "untold": held.untold or None,
            "parked": held.parked or None,
            "counted": held.is_counted or None,
        }
    )


def held_of(item: Item) -> HeldTag:
    """Read the row of a tag."""
    row = from_item(item)
    changes_at = row.get("changes_at")
    return HeldTag(
        tag_id=row["sk"].removeprefix(keys.TAG_PREFIX),
        value=json.loads(row["value"]),
        since=parse_instant(row["since"]),
        version=row["version"],
        changes=row["changes"],
        value_before=json.loads(row.get("value_before", "null")),
        changes_at=parse_instant(changes_at) if changes_at else None,
        because=tuple(json.loads(row["because"])),
        untold=row.get("untold", False),
        parked=row.get("parked", False),
        is_counted=row.get("counted", False),
    )
