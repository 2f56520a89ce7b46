"""Enrolments (ENR) and their listeners (WAIT).

An advance is one write under the version of the enrolment that it was decided on. The listeners
that it registers are stored with it, in one transaction; an advance that registers none is a write
by itself, at half the price. Listeners are taken away by themselves afterwards: one too many only
costs whoever finds it a look at the enrolment.

Nothing else is written: what the timeline tells of an enrolment and the counts of its steps follow
from the table's stream, and a message has no row before somebody claims it (decision 0018).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.enrolment_rows import (
    Row,
    enrolment_row,
    listener_row,
    past_row,
    row_key,
    run_of,
    stored_of,
)
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    Item,
    from_item,
    get_items,
    is_conditional_failure,
    query_prefix,
    to_item,
)
from shared.aws.person_reader import person_of
from shared.aws.transactions import Action, transact
from shared.domain.identity.person import Person
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ids import slot_of
from shared.domain.journeys.ports import Change, Guard, Listener, Ref, Stored
from shared.errors import ConflictError


class EnrolmentStore:
    """The enrolments of all people (the port `Enrolments`)."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = profiles_table
        self._pause = pause

    def load(self, ref: Ref) -> Stored | None:
        """The enrolment as it is now, strongly consistent."""
        row = self._row(ref, keys.enrolment(ref.enrolment_id))
        return self._own(ref, row)

    def glance(self, refs: Sequence[Ref]) -> Mapping[Ref, Stored]:
        """Those that are the latest in their slots, a hundred a call; not strongly consistent."""
        places = {
            keys.Key(
                keys.person(ref.workspace_id, ref.profile_id), keys.enrolment(ref.enrolment_id)
            ): ref
            for ref in refs
        }
        with faults_are_transient():
            found = get_items(self._client, self._table, places, consistent=False)
        rows = ((places[key], from_item(item)) for key, item in found.items())
        return {ref: stored_of(row) for ref, row in rows if row["enrolment_id"] == ref.enrolment_id}

    def guard(
        self,
        person: Person,
        journey_id: str,  # noqa: ARG002 (the id of the enrolment says it)
        enrolment_id: str,
    ) -> Guard:
        """By desk the latest run in the slot of an enrolment, and that itself; strongly consistent.

        One read a desk, and one more where it lies beyond the latest.
        """
        slot = keys.enrolment(enrolment_id)
        partitions = {keys.person(person.workspace_id, desk): desk for desk in person.desks}
        with faults_are_transient():
            found = get_items(self._client, self._table, [keys.Key(pk, slot) for pk in partitions])
        rows = {partitions[pk]: from_item(item) for (pk, _), item in found.items()}
        refs = {desk: Ref(person.workspace_id, desk, enrolment_id) for desk in rows}
        begun = (self._own(refs[desk], row) for desk, row in rows.items())
        return Guard(
            {desk: run_of(row) for desk, row in rows.items()},
            next((stored for stored in begun if stored), None),
        )

    def look_again(self, ref: Ref, person: Person) -> tuple[Stored | None, bool]:
        """The enrolment and the profile at its desk, strongly consistent, in one call."""
        pk = keys.person(ref.workspace_id, ref.profile_id)
        wanted = [keys.Key(pk, keys.enrolment(ref.enrolment_id)), keys.Key(pk, keys.PROFILE)]
        with faults_are_transient():
            found = get_items(self._client, self._table, wanted)
        enrolment, profile = (found.get(key) for key in wanted)
        stored = self._own(ref, from_item(enrolment) if enrolment else None)
        return stored, _answers(ref, person, profile)

    def is_same(self, ref: Ref, person: Person) -> bool:
        """Whether the desk still answers for just this person, strongly consistent."""
        key = keys.Key(keys.person(ref.workspace_id, ref.profile_id), keys.PROFILE)
        with faults_are_transient():
            profile = get_items(self._client, self._table, [key]).get(key)
        return _answers(ref, person, profile)

    def runs(self, person: Person) -> Mapping[str, Mapping[str, Run]]:
        """By slot and desk, the latest run; a strongly consistent query a desk."""
        found: dict[str, dict[str, Run]] = {}
        for desk in person.desks:
            for row in self._begins_with(person.workspace_id, desk, keys.ENROLMENT_PREFIX):
                if row["sk"] == keys.enrolment(row["enrolment_id"]):
                    found.setdefault(slot_of(row["enrolment_id"]), {})[desk] = run_of(row)
        return found

    def open_desk(self, person: Person) -> None:
        """Mark the root as a desk; raises ConflictError when it is no root (any more).

        The mark is a change of the person's graph: a merge that has read the graph without it is
        refused, so the desk is in the graph of whoever absorbs this person.
        """
        key = keys.Key(keys.person(person.workspace_id, person.profile_id), keys.PROFILE)
        update = {
            "TableName": self._table,
            "Key": to_item(key._asdict()),
            "UpdateExpression": "SET enrols = :yes ADD graph_version :one",
            "ConditionExpression": (
                "attribute_exists(pk) AND attribute_not_exists(redirect)"
                " AND attribute_not_exists(erasing)"
            ),
            "ExpressionAttributeValues": to_item({":yes": True, ":one": 1}),
        }
        transact(self._client, [{"Update": update}], pause=self._pause)

    def enrol(self, ref: Ref, latest: Run | None, change: Change, machine: str) -> Stored:
        """Begin an enrolment in its slot; raises ConflictError, TransientError.

        The one that lay there is over, and goes on lying under its own id.
        """
        stored = _stored(change, 1, machine)
        row = enrolment_row(ref, stored, change.decided_at)
        if latest is None:
            self._store(ref, change, row, "attribute_not_exists(pk)", {})
            return stored
        past = self._row(ref, row["sk"])
        if past is None or run_of(past) != latest:
            raise ConflictError("somebody has entered meanwhile", hint="read again")
        still = {":past": past["enrolment_id"], ":version": past["version"]}
        condition = "enrolment_id = :past AND version = :version"
        self._store(ref, change, row, condition, still, self._put(past_row(past)))
        return stored

    def commit(self, before: Stored, change: Change) -> Stored:
        """Store a change of the enrolment as it was loaded; raises ConflictError, TransientError.

        What changes goes on or has just ended, so it lies in its slot.
        """
        enrolment = change.enrolment
        ref = Ref(enrolment.workspace_id, enrolment.profile_id, enrolment.enrolment_id)
        version = before.version + 1
        machine = before.machine if change.machine is None else change.machine
        stored = _stored(change, version, machine)
        row = enrolment_row(ref, stored, change.decided_at, len(before.enrolment.trace))
        still = {":id": ref.enrolment_id, ":before": before.version}
        self._store(ref, change, row, "enrolment_id = :id AND version = :before", still)
        return stored

    def listeners(self, workspace_id: str, profile_id: str, trigger: str) -> Sequence[Listener]:
        """Who listens to a trigger at a desk: one query, strongly consistent."""
        prefix = keys.listeners_of(trigger)
        return [
            Listener(row["sk"].removeprefix(prefix), row.get("step", ""), row.get("visit", 0))
            for row in self._begins_with(workspace_id, profile_id, prefix)
        ]

    def release(self, ref: Ref, left: Listen, *, over: bool) -> None:
        """Take away a leftover listener, unless another visit has registered it since."""
        key = to_item(row_key(ref, keys.listener(left.trigger, ref.enrolment_id)))
        same: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(step)"}
        if left.step:
            values = to_item({":step": left.step, ":visit": left.visit})
            same = {
                "ConditionExpression": "step = :step AND visit = :visit",
                "ExpressionAttributeValues": values,
            }
        try:
            with faults_are_transient():
                if over:
                    self._client.delete_item(TableName=self._table, Key=key)
                elif left.exits:
                    row = to_item(listener_row(ref, Listen(left.trigger, exits=True)))
                    self._client.put_item(TableName=self._table, Item=row, **same)
                else:
                    self._client.delete_item(TableName=self._table, Key=key, **same)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise

    def _begins_with(self, workspace_id: str, profile_id: str, prefix: str) -> Sequence[Row]:
        with faults_are_transient():
            items = query_prefix(
                self._client, self._table, keys.Key(keys.person(workspace_id, profile_id), prefix)
            )
            return [from_item(item) for item in items]

    def _row(self, ref: Ref, sk: str) -> Row | None:
        key = to_item(row_key(ref, sk))
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return from_item(answer["Item"]) if "Item" in answer else None

    def _own(self, ref: Ref, row: Row | None) -> Stored | None:
        """The enrolment itself, given what lies in its slot: the next one may lie there by now."""
        if row and row["enrolment_id"] != ref.enrolment_id:
            row = self._row(ref, keys.past_enrolment(ref.enrolment_id))
        return stored_of(row) if row else None

    def _store(
        self, ref: Ref, change: Change, row: Row, condition: str, values: Row, *more: Action
    ) -> None:
        """Store the enrolment with its new listeners; nobody listens to what is over."""
        listens = change.listens if change.enrolment.status == "active" else ()
        wanted = [self._put(listener_row(ref, listen)) for listen in listens]
        actions = [self._put(row, condition, values), *more, *wanted]
        transact(self._client, actions, pause=self._pause)

    def _put(
        self, row: dict[str, Any], condition: str = "", values: dict[str, Any] | None = None
    ) -> Action:
        put: dict[str, Any] = {"TableName": self._table, "Item": to_item(row)}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = to_item(values)
        return {"Put": put}


def _stored(change: Change, version: int, machine: str) -> Stored:
    ends = change.wake_at, change.wake_fold
    return Stored(change.enrolment, version, machine, change.task, *ends)


def _answers(ref: Ref, person: Person, profile: Item | None) -> bool:
    if profile is None:
        return False
    return person_of(ref.workspace_id, ref.profile_id, from_item(profile)) == person
