"""Takes a person out of the table of people, row by row, and counts each row exactly once.

Everything that removes is one transaction with the count of what it removes, and asks that the
rows are there still: whoever comes again after a crash, or at the same time, removes and counts the
rest.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from shared.aws import keys
from shared.aws.due_store import DueRows
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.erasure_store import ErasureStore
from shared.aws.faults import faults_are_transient
from shared.aws.identity_rows import dispute_of
from shared.aws.items import from_item, get_items, to_item
from shared.aws.journey_counts import steps_subject
from shared.aws.marks import Marked
from shared.aws.removal import Removal, Row, delete_of, is_done, kind_of
from shared.aws.tag_store import tallies_of
from shared.aws.transactions import Action
from shared.domain.callbacks.names import BY_NUMBER
from shared.domain.channels.catalog import ADDRESSES
from shared.domain.due.timing import DEFERRED, JUDGED, WOKEN
from shared.domain.erasure.model import Erasure
from shared.domain.instants import parse_instant
from shared.domain.journeys.counting import leaving
from shared.domain.journeys.ports import Executions, Ref
from shared.domain.journeys.wakes import Wake
from shared.domain.messages.channels import Channel
from shared.domain.messages.lanes import is_of_broadcast, waiting_name
from shared.errors import ConflictError, TransientError

# A transaction takes 100 actions; an item goes with up to two.
MAX_ROWS: Final = 90
REASON: Final = "erased"

# Identifiers and traits that are addresses, and the channel that writes to them.
_CHANNELS: Final[dict[str, Channel]] = {
    one.trait: channel for channel, one in ADDRESSES.items() if one.trait
}


class Eraser:
    """One person out of the profiles table; every method raises TransientError and can be repeated.

    `forget_address(workspace_id, channel, address)` is told every address that goes.
    """

    def __init__(
        self,
        client: Any,
        profiles_table: str,
        ledger: ErasureStore,
        executions: Executions,
        forget_address: Callable[[str, Channel, str], object],
    ) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table
        self._ledger = ledger
        self._executions = executions
        self._forget_address = forget_address

    # --- what points to the person -------------------------------------------------------------

    def forget(self, person: Marked, erasure_id: str) -> None:
        """Remove the identifiers; one that points elsewhere by now is somebody new's."""
        removal = self._removal(person, erasure_id)
        for identifier, strand_id in person.identifiers:
            if channel := _CHANNELS.get(identifier.kind):
                self._forget_address(person.workspace_id, channel, identifier.value)
            key = keys.identifier(person.workspace_id, *identifier)
            delete = {
                "TableName": self._table,
                "Key": to_item(key._asdict()),
                "ConditionExpression": "strand_id = :strand",
                "ExpressionAttributeValues": to_item({":strand": strand_id}),
            }
            removal.remove([{"Delete": delete}], {"identifiers": 1})

    # --- what lies in the person's strands ------------------------------------------------------

    def leave(self, person: Marked, erasure_id: str) -> None:
        """End every journey, so that nothing can be claimed any more that is not claimed now."""
        removal = self._removal(person, erasure_id)
        for strand_id in person.strands:
            for row in removal.rows(strand_id, keys.ENROLMENT_PREFIX):
                self._leave(removal, strand_id, row)

    def sweep(self, person: Marked, erasure_id: str, *, last: bool) -> None:
        """Remove every row of every strand but the one that says who the strands are.

        Unless it is the `last` time, messages stay whose sending somebody may be recording. Then
        they go before all else: what comes back of a message, or answers it, is written for as long
        as its row is there, and events that were written after the sweep had passed would stay.
        """
        removal = self._removal(person, erasure_id)
        for strand_id in person.strands:
            for prefix in (keys.MESSAGE_PREFIX, "") if last else ("",):
                self._sweep(removal, strand_id, prefix, last=last)

    def _sweep(self, removal: Removal, strand_id: str, prefix: str, *, last: bool) -> None:
        waiting: list[Row] = []
        for row in removal.rows(strand_id, prefix):
            if self._special(removal, strand_id, row, last=last):
                continue
            waiting.append(row)
            if len(waiting) == MAX_ROWS:
                removal.delete(waiting)
                waiting = []
        removal.delete(waiting)

    def conclude(self, person: Marked, before: Erasure, after: Erasure) -> bool:
        """Remove the last row and end the erasure, in one; False when somebody else did it."""
        key = keys.Key(keys.person(person.workspace_id, person.profile_id), keys.PROFILE)
        with faults_are_transient():
            item = get_items(self._client, self._table, [key]).get(key)
        if item is None:
            return False
        row = from_item(item)
        self._addresses(person.workspace_id, row)
        gone = delete_of(self._table, row) | {
            "ConditionExpression": "erasing = :id",
            "ExpressionAttributeValues": to_item({":id": before.erasure_id}),
        }
        moving = self._ledger.moving(person.workspace_id, before, after, {"profiles": 1})
        return is_done(self._client, [{"Delete": gone}, {"Update": moving}])

    def _removal(self, person: Marked, erasure_id: str) -> Removal:
        return Removal(self._client, self._table, self._ledger, person, erasure_id)

    def _special(self, removal: Removal, strand_id: str, row: Row, *, last: bool) -> bool:
        """Deal with a row that something else hangs on; False for all others."""
        workspace_id, kind = removal.person.workspace_id, kind_of(row)
        if kind == "PROFILE":
            self._addresses(workspace_id, row)
            return strand_id == removal.person.profile_id
        if kind == "ENR" and row["status"] == "active":
            self._leave(removal, strand_id, row)
            return True
        if kind == "SEG" and row["member"] and "parked" not in row:
            self._part(removal, strand_id, row)
            return True
        if kind == "TAG" and (tallies := tallies_of(row)):
            self._untag(removal, strand_id, row, tallies)
            return True
        if kind == "MSG":
            if row["status"] == "claimed" and not last:
                return True
            if "address" in row:
                self._forget_address(workspace_id, row["channel"], row["address"])
            if row.get("provider") in BY_NUMBER and "provider_message_id" in row:
                names = row["provider"], row["provider_message_id"]
                key = keys.numbered(workspace_id, *names)
                removal.remove_beside(key, "provider_numbers")
        self._beside(removal, strand_id, row)
        return False

    def _beside(self, removal: Removal, strand_id: str, row: Row) -> None:
        """Take out what lies elsewhere because of a row that goes."""
        match kind_of(row):
            case "TASK":
                task_id = row["sk"].removeprefix(keys.TASK_PREFIX)
                open_task = keys.Key(keys.open_tasks(removal.person.workspace_id), task_id)
                removal.remove_beside(open_task, "open_tasks")
            case "DSP":
                self._settle(removal, row)
            case "MSG" if instant := row.get("until") or row.get("again_at"):
                at = parse_instant(instant)
                message_id = row["sk"].removeprefix(keys.MESSAGE_PREFIX)
                way = is_of_broadcast(row.get("purpose", ""), row.get("broadcast_id", ""))
                name = waiting_name(strand_id, message_id, of_broadcast=way)
                due = keys.due(removal.person.workspace_id, DEFERRED, at, name)
                removal.remove_beside(due, "due_rows")
            case "STATE" if "due_at" in row:  # its row in the due index, if it is there still
                at = parse_instant(row["due_at"])
                due = keys.due(removal.person.workspace_id, JUDGED, at, strand_id)
                removal.remove_beside(due, "due_rows")

    def _leave(self, removal: Removal, strand_id: str, row: Row) -> None:
        if row["status"] != "active":
            return
        ref = Ref(removal.person.workspace_id, strand_id, row["enrolment_id"])
        if "machine" in row:
            self._executions.stop(row["machine"], ref, "the person was erased")
        if "wake_at" in row:
            at, wake = parse_instant(row["wake_at"]), Wake(ref, row["wake_place"])
            if "wake_fold" in row:
                self._unfold(removal.person.workspace_id, row["wake_fold"], wake.name)
            else:
                due = keys.due(removal.person.workspace_id, WOKEN, at, wake.name)
                removal.remove_beside(due, "due_rows")
        delete = delete_of(self._table, row) | {
            "ConditionExpression": "#version = :version",
            "ExpressionAttributeNames": {"#version": "version"},
            "ExpressionAttributeValues": to_item({":version": row["version"]}),
        }
        actions = [{"Delete": delete}, *self._left(removal.person.workspace_id, strand_id, row)]
        if not removal.remove(actions, {"enrolments": 1}):
            raise TransientError("the enrolment is moving, try again")

    def _unfold(self, workspace_id: str, sort_key: str, name: str) -> None:
        """Leave a row of the due index that others share, and may have gone by itself."""
        try:
            DueRows(self._client, self._table, WOKEN).leave(workspace_id, sort_key, name)
        except ConflictError as error:
            raise TransientError("somebody else leaves the row too, try again") from error

    def _left(self, workspace_id: str, strand_id: str, row: Row) -> Iterator[Action]:
        """Count that an enrolment ended, and that it stands nowhere any more.

        The stream tells of no removal, and of everything that was stored before.
        """
        journey_id = row["journey_id"]
        tally = keys.tally(workspace_id, "JOURNEY", journey_id, strand_id)
        yield {"Update": self._count(tally, f"exited:{REASON}", 1)}
        key = keys.Key(row["pk"], row["sk"])
        with faults_are_transient():
            item = get_items(self._client, self._table, [key]).get(key)
        if item is None:
            raise TransientError("the enrolment is moving, try again")
        for left, by in leaving(enrolment_of(from_item(item))).items():
            subject = steps_subject(journey_id, left.version)
            tally = keys.tally(workspace_id, "STEPS", subject, strand_id)
            yield {"Update": self._count(tally, left.name, by)}

    def _part(self, removal: Removal, strand_id: str, row: Row) -> None:
        """Leave a segment, and be counted no more among its members."""
        segment_id = row["sk"].removeprefix(keys.SEGMENT_PREFIX)
        tally = keys.tally(removal.person.workspace_id, "SEGMENT", segment_id, strand_id)
        delete = delete_of(self._table, row) | {
            "ConditionExpression": "flips = :flips",
            "ExpressionAttributeValues": to_item({":flips": row["flips"]}),
        }
        actions = [{"Delete": delete}, {"Update": self._count(tally, "members", -1)}]
        if not removal.remove(actions, {"memberships": 1}):
            raise TransientError("the membership is moving, try again")

    def _untag(self, removal: Removal, strand_id: str, row: Row, tallies: Iterable[str]) -> None:
        """Lose a tag, and be counted no more among those who hold its value."""
        delete = delete_of(self._table, row) | {
            "ConditionExpression": "changes = :changes AND attribute_not_exists(parked)",
            "ExpressionAttributeValues": to_item({":changes": row["changes"]}),
        }
        actions: list[Action] = [{"Delete": delete}]
        for subject in tallies:
            tally = keys.tally(removal.person.workspace_id, "TAG", subject, strand_id)
            actions.append({"Update": self._count(tally, "members", -1)})
        if not removal.remove(actions, {"tags": 1}):
            raise TransientError("the tag is moving, try again")

    def _settle(self, removal: Removal, row: Row) -> None:
        """Take the other half of a dispute out of the other person's strand."""
        key = keys.Key(row["pk"], row["sk"])
        with faults_are_transient():
            item = get_items(self._client, self._table, [key]).get(key)
        dispute = dispute_of(item) if item else None
        sides = {dispute.left_strand, dispute.right_strand} if dispute else set()
        for other in sides - set(removal.person.strands):
            half = keys.Key(keys.person(removal.person.workspace_id, other), row["sk"])
            removal.remove_beside(half, "disputes_of_others")

    def _addresses(self, workspace_id: str, row: Row) -> None:
        """Tell every address in the traits of a strand."""
        for name, channel in _CHANNELS.items():
            trait = json.loads(row.get("traits", "{}")).get(name, {})
            if isinstance(value := trait.get("value"), str):
                self._forget_address(workspace_id, channel, value)

    def _count(self, tally: keys.Key, name: str, by: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": to_item(tally._asdict()),
            "UpdateExpression": "ADD #name :by",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": to_item({":by": by}),
        }
