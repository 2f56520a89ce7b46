"""What was sent to a person, and what the person's acts let us send: `BUDGET` and `WINDOW#` rows.

The contact budget of a person lies at the strand that answers for the person, in one row with a
version: who claims a message puts the whole ledger anew, if nobody else has since it was read. When
strands have become one, the first to ask moves their ledgers to the root and closes their rows in
one transaction, so that a claim that was decided on before the merge finds its row changed.

A window lies in the strand in which the act came, and there it stays: it belongs to an address, so
everybody who takes from it meets in that one row.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    from_item,
    get_items,
    is_conditional_failure,
    query_prefix,
    to_item,
    to_text,
)
from shared.aws.message_rows import item_key, row_of
from shared.aws.transactions import Action, transact
from shared.domain.instants import parse_instant
from shared.domain.messages.ledger import NOTHING, Ledger, ledger_of
from shared.domain.messages.windows import RULES, Act, Needed, Window, digest_of, opened
from shared.errors import ConflictError, TransientError

MOST_STRANDS: Final = 90  # whose rows are closed at once; a transaction takes 100 actions
_MOST_LOOKS: Final = 5


@dataclass(frozen=True, slots=True)
class SeenLedger:
    """The ledger of a person, at which strand, and in which version (0: there was none)."""

    root: str
    version: int
    ledger: Ledger


class ContactStore:
    """Ledgers and windows of all people; every method raises TransientError when AWS is busy."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    # --- the contact budget ---------------------------------------------------------------------

    def ledger(self, workspace_id: str, root: str, strands: Iterable[str]) -> SeenLedger:
        """What counts for a person who is these strands, the `root` one of them.

        Raises ConflictError when it has to be found out anew whose strands they are.
        """
        others = [strand for strand in strands if strand != root]
        own = _budget_key(workspace_id, root)
        wanted = {strand: _budget_key(workspace_id, strand) for strand in others}
        with faults_are_transient():
            found = get_items(self._client, self._table, (own, *wanted.values()))
        row = row_of(found.get(own))
        if row.get("closed"):
            self._open(own, row["version"])
            raise ConflictError("the person was one with somebody else", hint="read again")
        rows = {strand: row_of(found.get(key)) for strand, key in wanted.items()}
        still_open = [strand for strand, other in rows.items() if not other.get("closed")]
        seen = SeenLedger(root, row.get("version", 0), _ledger(row))
        if not still_open:
            return seen
        return self._gather(workspace_id, seen, {name: rows[name] for name in still_open})

    def _gather(
        self, workspace_id: str, seen: SeenLedger, rows: dict[str, dict[str, Any]]
    ) -> SeenLedger:
        """Move the ledgers of absorbed strands to the root, and close their rows."""
        some = dict(list(rows.items())[:MOST_STRANDS])
        ledger = seen.ledger
        actions: list[Action] = []
        for strand, row in some.items():
            ledger = ledger.joined(_ledger(row))
            closed = SeenLedger(strand, row.get("version", 0), NOTHING)
            actions.append(self._put(workspace_id, closed, NOTHING, closed=True))
        gathered = SeenLedger(seen.root, seen.version + 1, ledger)
        there = self._is_there(workspace_id, seen.root)
        transact(self._client, [self._put(workspace_id, seen, ledger), *actions, there])
        rest = {name: row for name, row in rows.items() if name not in some}
        return self._gather(workspace_id, gathered, rest) if rest else gathered

    def _open(self, key: keys.Key, version: int) -> None:
        """Open the row of somebody who answers for a person again."""
        update = {
            "TableName": self._table,
            "Key": item_key(key),
            "UpdateExpression": "SET #version = :after REMOVE closed",
            "ConditionExpression": "#version = :before",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":before": version, ":after": version + 1}),
        }
        transact(self._client, [{"Update": update}])

    def writing(self, workspace_id: str, seen: SeenLedger, after: Ledger) -> Action:
        """The action that puts a ledger in the place of the one that was seen."""
        return self._put(workspace_id, seen, after)

    def _put(
        self, workspace_id: str, seen: SeenLedger, after: Ledger, *, closed: bool = False
    ) -> Action:
        row = {
            **_budget_key(workspace_id, seen.root)._asdict(),
            "version": seen.version + 1,
            "ledger": after.to_text(),
            "closed": closed or None,
        }
        put: dict[str, Any] = {"TableName": self._table, "Item": to_item(row)}
        if not seen.version:
            return {"Put": put | {"ConditionExpression": "attribute_not_exists(pk)"}}
        return {
            "Put": put
            | {
                "ConditionExpression": "#version = :seen",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": to_item({":seen": seen.version}),
            }
        }

    def _is_there(self, workspace_id: str, strand_id: str) -> Action:
        """The check that a strand is there, and not being erased: nothing is put beside it else."""
        check = {
            "TableName": self._table,
            "Key": item_key(keys.Key(keys.person(workspace_id, strand_id), keys.PROFILE)),
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(erasing)",
        }
        return {"ConditionCheck": check}

    def forget(self, workspace_id: str, root: str, message_id: str) -> None:
        """Give back what a message took or waits for, if anything; it came to nothing."""
        key = _budget_key(workspace_id, root)
        for _ in range(_MOST_LOOKS):
            with faults_are_transient():
                row = row_of(get_items(self._client, self._table, [key]).get(key))
            seen = SeenLedger(root, row.get("version", 0), _ledger(row))
            if row.get("closed") or not seen.ledger.holds(message_id):
                return
            try:
                after = seen.ledger.without(message_id)
                transact(self._client, [self._put(workspace_id, seen, after)])
            except ConflictError:
                continue
            return
        raise TransientError("the contacts of this person change all the time")

    # --- windows --------------------------------------------------------------------------------

    def windows(
        self, workspace_id: str, strands: Iterable[str], needed: Sequence[Needed]
    ) -> tuple[Window, ...]:
        """The windows of a person of the kinds that are needed, open or not."""
        found: list[Window] = []
        for strand in strands:
            pk = keys.person(workspace_id, strand)
            for prefix in sorted({keys.windows_of(one.kind, one.code) for one in needed}):
                start = keys.Key(pk, prefix)
                with faults_are_transient():
                    items = [*query_prefix(self._client, self._table, start)]
                found += (_window(strand, from_item(item)) for item in items)
        return tuple(found)

    def open_window(
        self,
        workspace_id: str,
        strand_id: str,
        needed: Needed,
        address: str,
        act: Act,
        *,
        act_id: str,
        at: datetime,
    ) -> bool:
        """Open a window, because the person behind an address did something at an instant.

        `act_id` is the provider's own id of the act: repeating it opens nothing. Says whether it
        changed anything.
        """
        digest = digest_of(address)
        key = _window_key(workspace_id, strand_id, needed, digest)
        for _ in range(_MOST_LOOKS):
            with faults_are_transient():
                row = row_of(get_items(self._client, self._table, [key]).get(key))
            before = _window(strand_id, row) if row else None
            after = opened(before, needed, digest, act, act_id, at)
            if after is None:
                return False
            try:
                there = self._is_there(workspace_id, strand_id)
                transact(self._client, [self._window_put(key, after, row.get("version", 0)), there])
            except ConflictError:  # or the person is gone, and so is the row that is looked at
                continue
            return True
        raise TransientError("this window moves all the time, try again")

    def _window_put(self, key: keys.Key, window: Window, version: int) -> Action:
        row = {
            **key._asdict(),
            "version": version + 1,
            "left": window.left,
            "open_until": window.expires_at,
            "acted_at": window.acted_at,
            "acts": to_text(window.acts),
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if version:
            condition = {
                "ConditionExpression": "#version = :seen",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": to_item({":seen": version}),
            }
        return {"Put": {"TableName": self._table, "Item": to_item(row), **condition}}

    def taking(self, workspace_id: str, window: Window, now: datetime) -> Action:
        """The action that takes one message from a window, if it is open still."""
        condition, values = "#left > :none", {":none": 0, ":one": 1}
        if window.expires_at is not None:
            condition += " AND open_until > :now"
        update = self._window_update(workspace_id, window, "SET #left = #left - :one")
        more: dict[str, Any] = {":now": now} if window.expires_at is not None else {}
        return {
            "Update": update
            | {
                "ConditionExpression": condition,
                "ExpressionAttributeValues": to_item({**values, **more}),
            }
        }

    def give_back(self, workspace_id: str, window: Window) -> None:
        """Put back what was taken, unless the window was opened anew since: that was all of it."""
        update = self._window_update(workspace_id, window, "SET #left = #left + :one")
        condition, values = "attribute_exists(pk)", {":one": 1}
        more: dict[str, Any] = {}
        if not RULES[window.needed.kind].adds:
            condition, more = "acted_at = :acted", {":acted": window.acted_at}
        update |= {
            "ConditionExpression": condition,
            "ExpressionAttributeValues": to_item({**values, **more}),
        }
        try:
            with faults_are_transient():
                self._client.update_item(**update)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise

    def _window_update(self, workspace_id: str, window: Window, said: str) -> dict[str, Any]:
        key = _window_key(workspace_id, window.strand_id, window.needed, window.digest)
        return {
            "TableName": self._table,
            "Key": item_key(key),
            "UpdateExpression": f"{said}, #version = #version + :one",
            "ExpressionAttributeNames": {"#left": "left", "#version": "version"},
        }


def _budget_key(workspace_id: str, strand_id: str) -> keys.Key:
    return keys.Key(keys.person(workspace_id, strand_id), keys.BUDGET)


def _window_key(workspace_id: str, strand_id: str, needed: Needed, digest: str) -> keys.Key:
    pk = keys.person(workspace_id, strand_id)
    return keys.Key(pk, keys.window(needed.kind, needed.code, digest))


def _ledger(row: dict[str, Any]) -> Ledger:
    return ledger_of(row["ledger"]) if "ledger" in row else NOTHING


def _window(strand_id: str, row: dict[str, Any]) -> Window:
    kind, code, digest = row["sk"].removeprefix(keys.WINDOW_PREFIX).split("#")
    until = row.get("open_until")
    return Window(
        needed=Needed(kind, keys.unescape(code)),
        digest=digest,
        left=row["left"],
        expires_at=parse_instant(until) if until else None,
        acted_at=parse_instant(row["acted_at"]),
        acts=tuple(json.loads(row["acts"])),
        strand_id=strand_id,
    )
