"""Enrolments (ENR), re-entry guards (RUN), listeners (WAIT) and requested messages (MSG).

Everything that one advance wants is stored in one transaction, under the version of the enrolment
that it was decided on. So is what the person's timeline tells of it (EVT): that it began, and that
it ended. Listeners are registered in such a transaction too, and taken away by
themselves afterwards: one too many only costs whoever finds it a look at the enrolment.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.enrolment_rows import (
    Row,
    enrolment_row,
    listener_row,
    message_row,
    row_key,
    run_of,
    run_row,
    stored_of,
)
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, get_items, is_conditional_failure, query_prefix, to_item
from shared.aws.person_reader import person_of
from shared.aws.profile_rows import event_item
from shared.aws.transactions import Action, transact
from shared.domain.events.model import Event
from shared.domain.identity.person import Person
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run
from shared.domain.journeys.milestones import beginning, ending, reaching
from shared.domain.journeys.ports import Change, Guard, Listener, Ref, Stored


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
        key = to_item(row_key(ref, keys.enrolment(ref.enrolment_id)))
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return stored_of(from_item(answer["Item"])) if "Item" in answer else None

    def guard(self, person: Person, journey_id: str, enrolment_id: str) -> Guard:
        """The latest run of the journey and the enrolment itself, by desk, strongly consistent."""
        run, enrolment = keys.run(journey_id), keys.enrolment(enrolment_id)
        partitions = {keys.person(person.workspace_id, desk): desk for desk in person.desks}
        wanted = [keys.Key(pk, sk) for pk in partitions for sk in (run, enrolment)]
        with faults_are_transient():
            found = get_items(self._client, self._table, wanted)
        rows = {key: from_item(item) for key, item in found.items()}
        return Guard(
            {partitions[pk]: run_of(row) for (pk, sk), row in rows.items() if sk == run},
            next((stored_of(row) for (_, sk), row in rows.items() if sk == enrolment), None),
        )

    def look_again(self, ref: Ref, person: Person) -> tuple[Stored | None, bool]:
        """The enrolment and the profile at its desk, strongly consistent, in one call."""
        pk = keys.person(ref.workspace_id, ref.profile_id)
        wanted = [keys.Key(pk, keys.enrolment(ref.enrolment_id)), keys.Key(pk, keys.PROFILE)]
        with faults_are_transient():
            found = get_items(self._client, self._table, wanted)
        enrolment, profile = (found.get(key) for key in wanted)
        now = person_of(ref.workspace_id, ref.profile_id, from_item(profile)) if profile else None
        return stored_of(from_item(enrolment)) if enrolment else None, now == person

    def runs(self, person: Person) -> Mapping[str, Mapping[str, Run]]:
        """By journey and desk, the latest run; a strongly consistent query a desk."""
        found: dict[str, dict[str, Run]] = {}
        for desk in person.desks:
            for row in self._begins_with(person.workspace_id, desk, keys.RUN_PREFIX):
                journey_id = row["sk"].removeprefix(keys.RUN_PREFIX)
                found.setdefault(journey_id, {})[desk] = run_of(row)
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
        self._transact([{"Update": update}])

    def enrol(self, ref: Ref, latest: Run | None, change: Change, machine: str) -> Stored:
        """Begin an enrolment and make it the latest run; raises ConflictError, TransientError."""
        stored = Stored(change.enrolment, 1, machine, change.task, change.wake_at)
        counted = ["started", *_ending(change.enrolment)]
        self._transact(
            [
                self._put(run_row(ref, change.enrolment), *_still(latest)),
                self._put(enrolment_row(ref, stored), "attribute_not_exists(pk)"),
                *self._wanted(ref, change),
                self._count(ref, change.enrolment, counted),
                self._tell(ref, beginning(change.enrolment, change.decided_at)),
                *self._told_ending(ref, change),
            ]
        )
        return stored

    def commit(self, before: Stored, change: Change) -> Stored:
        """Store a change of the enrolment as it was loaded; raises ConflictError, TransientError.

        When it ends the enrolment, the run is closed, counted and told in the same transaction.
        """
        enrolment = change.enrolment
        ref = Ref(enrolment.workspace_id, enrolment.profile_id, enrolment.enrolment_id)
        version = before.version + 1
        machine = before.machine if change.machine is None else change.machine
        stored = Stored(enrolment, version, machine, change.task, change.wake_at)
        row = enrolment_row(ref, stored)
        actions = [
            self._put(row, "version = :before", {":before": before.version}),
            *self._wanted(ref, change),
            *(
                self._tell(ref, told)
                for told in reaching(before.enrolment, enrolment, change.decided_at)
            ),
        ]
        if ended := _ending(enrolment):
            actions.append(self._close_run(ref, enrolment))
            actions.append(self._count(ref, enrolment, ended))
            actions += self._told_ending(ref, change)
        self._transact(actions)
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

    def _wanted(self, ref: Ref, change: Change) -> Iterable[Action]:
        """What an advance wants stored beside the enrolment; nobody listens to what is over."""
        if change.enrolment.status == "active":
            for listen in change.listens:
                yield self._put(listener_row(ref, listen))
        for request in change.requests:
            yield self._put(message_row(request), "attribute_not_exists(pk)")

    def _told_ending(self, ref: Ref, change: Change) -> Iterable[Action]:
        return [self._tell(ref, event) for event in ending(change.enrolment, change.decided_at)]

    def _tell(self, ref: Ref, event: Event) -> Action:
        """Put an event of our own into the timeline; what it tells of happens only once."""
        return {"Put": {"TableName": self._table, "Item": event_item(ref.profile_id, event)}}

    def _put(
        self, row: dict[str, Any], condition: str = "", values: dict[str, Any] | None = None
    ) -> Action:
        put: dict[str, Any] = {"TableName": self._table, "Item": to_item(row)}
        if condition:
            put["ConditionExpression"] = condition
        if values:
            put["ExpressionAttributeValues"] = to_item(values)
        return {"Put": put}

    def _close_run(self, ref: Ref, enrolment: Enrolment) -> Action:
        values = {":no": False, ":id": ref.enrolment_id, ":reason": enrolment.reason}
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_item(row_key(ref, keys.run(enrolment.journey_id))),
                "UpdateExpression": "SET active = :no, reason = :reason",
                "ConditionExpression": "enrolment_id = :id",
                "ExpressionAttributeValues": to_item(values),
            }
        }

    def _count(self, ref: Ref, enrolment: Enrolment, counters: Sequence[str]) -> Action:
        key = keys.tally(ref.workspace_id, "JOURNEY", enrolment.journey_id, ref.profile_id)
        names = {f"#c{place}": name for place, name in enumerate(counters)}
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_item(key._asdict()),
                "UpdateExpression": "ADD " + ", ".join(f"{name} :one" for name in names),
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": to_item({":one": 1}),
            }
        }

    def _transact(self, actions: Sequence[Action]) -> None:
        # Everybody who enters or ends a journey meets in the eight shards of its tally.
        transact(self._client, actions, pause=self._pause)


def _ending(enrolment: Enrolment) -> list[str]:
    """The counter of an enrolment's end, if it has ended."""
    match enrolment.status:
        case "active":
            return []
        case "completed":
            return ["completed"]
        case "exited":
            return [f"exited:{enrolment.reason}"]


def _still(latest: Run | None) -> tuple[str, dict[str, Any]]:
    """The condition under which `latest` is what was read."""
    if latest is None:
        return "attribute_not_exists(pk)", {}
    return "enrolment_id = :id AND active = :active", {
        ":id": latest.enrolment_id,
        ":active": latest.active,
    }
