"""Enrolments (ENR), re-entry guards (RUN), listeners (WAIT) and requested messages (MSG).

Everything that one advance wants is stored in one transaction, under the version of the enrolment
that it was decided on. Listeners are registered in such a transaction too, and taken away by
themselves afterwards: one too many only costs whoever finds it a look at the enrolment.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, is_conditional_failure, is_contention, query_items, to_item
from shared.domain.instants import parse_instant
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ports import Change, Listener, Ref, Stored, TaskToken
from shared.domain.messages.model import MessageRequest
from shared.domain.text import to_text
from shared.errors import ConflictError, TransientError

# Everybody who enters or ends a journey meets in the eight shards of its tally.
PAUSES_SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.4)

Action = dict[str, dict[str, Any]]


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
        key = to_item(_key(ref, keys.enrolment(ref.enrolment_id)))
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _stored(from_item(answer["Item"])) if "Item" in answer else None

    def guard(self, ref: Ref, journey_id: str) -> tuple[Run | None, Stored | None]:
        """The latest run of the journey and the enrolment itself, strongly consistent."""
        wanted = keys.run(journey_id), keys.enrolment(ref.enrolment_id)
        request = {
            "Keys": [to_item(_key(ref, sk)) for sk in wanted],
            "ConsistentRead": True,
        }
        with faults_are_transient():
            answer = self._client.batch_get_item(RequestItems={self._table: request})
        if answer.get("UnprocessedKeys"):
            raise TransientError("the table is busy, try again")
        rows = {row["sk"]: row for row in map(from_item, answer["Responses"][self._table])}
        run, enrolment = (rows.get(sk) for sk in wanted)
        return _run(run) if run else None, _stored(enrolment) if enrolment else None

    def enrol(self, ref: Ref, latest: Run | None, change: Change, machine: str) -> Stored:
        """Begin an enrolment and make it the latest run; raises ConflictError, TransientError."""
        stored = Stored(change.enrolment, 1, machine, change.task)
        counted = ["started", *_ending(change.enrolment)]
        self._transact(
            [
                self._put(_run_row(ref, change.enrolment), *_still(latest)),
                self._put(_enrolment_row(ref, stored), "attribute_not_exists(pk)"),
                *self._wanted(ref, change),
                self._count(ref, change.enrolment, counted),
            ]
        )
        return stored

    def commit(self, before: Stored, change: Change) -> Stored:
        """Store a change of the enrolment as it was loaded; raises ConflictError, TransientError.

        When it ends the enrolment, the run is closed and counted in the same transaction.
        """
        enrolment = change.enrolment
        ref = Ref(enrolment.workspace_id, enrolment.profile_id, enrolment.enrolment_id)
        stored = Stored(enrolment, before.version + 1, before.machine, change.task)
        row = _enrolment_row(ref, stored)
        actions = [
            self._put(row, "version = :before", {":before": before.version}),
            *self._wanted(ref, change),
        ]
        if ended := _ending(enrolment):
            actions.append(self._close_run(ref, enrolment))
            actions.append(self._count(ref, enrolment, ended))
        self._transact(actions)
        return stored

    def listeners(self, workspace_id: str, profile_id: str, trigger: str) -> Sequence[Listener]:
        """Who listens to a trigger on a profile: one query, strongly consistent."""
        prefix = keys.listeners_of(trigger)
        values = {":pk": keys.person(workspace_id, profile_id), ":prefix": prefix}
        with faults_are_transient():
            items = list(
                query_items(
                    self._client,
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                    ExpressionAttributeValues=to_item(values),
                    ConsistentRead=True,
                )
            )
        rows = map(from_item, items)
        return [
            Listener(row["sk"].removeprefix(prefix), row.get("step", ""), row.get("visit", 0))
            for row in rows
        ]

    def release(self, ref: Ref, left: Listen, *, over: bool) -> None:
        """Take away a leftover listener, unless another visit has registered it since."""
        key = to_item(_key(ref, keys.listener(left.trigger, ref.enrolment_id)))
        same = {
            "ConditionExpression": "step = :step AND visit = :visit",
            "ExpressionAttributeValues": to_item({":step": left.step, ":visit": left.visit}),
        }
        try:
            with faults_are_transient():
                if over:
                    self._client.delete_item(TableName=self._table, Key=key)
                elif left.exits:
                    row = to_item(_listener_row(ref, Listen(left.trigger, exits=True)))
                    self._client.put_item(TableName=self._table, Item=row, **same)
                else:
                    self._client.delete_item(TableName=self._table, Key=key, **same)
        except ClientError as error:
            if not is_conditional_failure(error):
                raise

    def _wanted(self, ref: Ref, change: Change) -> Iterable[Action]:
        """What an advance wants stored beside the enrolment; nobody listens to what is over."""
        if change.enrolment.status == "active":
            for listen in change.listens:
                yield self._put(_listener_row(ref, listen))
        for request in change.requests:
            yield self._put(_message_row(request), "attribute_not_exists(pk)")

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
                "Key": to_item(_key(ref, keys.run(enrolment.journey_id))),
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
        """Do all or nothing; ConflictError when a condition fails, TransientError when busy."""
        for pause in (*PAUSES_SECONDS, None):
            try:
                with faults_are_transient():
                    self._write(actions)
            except ClientError as error:
                if is_conditional_failure(error):
                    raise ConflictError("the enrolment was changed meanwhile") from error
                if not is_contention(error):
                    raise
                if pause is None:
                    raise TransientError("the table is busy, try again") from error
                self._pause(pause)
            else:
                return

    def _write(self, actions: Sequence[Action]) -> None:
        if len(actions) > 1:
            self._client.transact_write_items(TransactItems=list(actions))
        else:  # half the price of a transaction of one
            self._client.put_item(**actions[0]["Put"])


def _key(ref: Ref, sk: str) -> dict[str, str]:
    return {"pk": keys.person(ref.workspace_id, ref.profile_id), "sk": sk}


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


def _run_row(ref: Ref, enrolment: Enrolment) -> dict[str, Any]:
    return {
        **_key(ref, keys.run(enrolment.journey_id)),
        "enrolment_id": enrolment.enrolment_id,
        "entered_at": enrolment.entered_at,
        "active": enrolment.status == "active",
        "reason": enrolment.reason or None,
    }


def _run(row: dict[str, Any]) -> Run:
    return Run(row["enrolment_id"], parse_instant(row["entered_at"]), row["active"])


def _enrolment_row(ref: Ref, stored: Stored) -> dict[str, Any]:
    enrolment = stored.enrolment
    return {
        **_key(ref, keys.enrolment(ref.enrolment_id)),
        "journey_id": enrolment.journey_id,
        "journey_version": enrolment.journey_version,
        "status": enrolment.status,
        "reason": enrolment.reason or None,
        "entered_at": enrolment.entered_at,
        "version": stored.version,
        "machine": stored.machine,
        "task": to_text(asdict(stored.task)) if stored.task else None,
        "body": to_text(enrolment.to_json()),
    }


def _stored(row: dict[str, Any]) -> Stored:
    return Stored(
        enrolment=Enrolment.from_json(json.loads(row["body"])),
        version=row["version"],
        machine=row["machine"],
        task=TaskToken(**json.loads(row["task"])) if "task" in row else None,
    )


def _listener_row(ref: Ref, listen: Listen) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [{"kind": "exit"}] if listen.exits else []
    if listen.step:
        kinds.append({"kind": "wait", "step": listen.step, "visit": listen.visit})
    return {
        **_key(ref, keys.listener(listen.trigger, ref.enrolment_id)),
        "kinds": to_text(kinds),
        "step": listen.step,
        "visit": listen.visit if listen.step else None,
    }


def _message_row(request: MessageRequest) -> dict[str, Any]:
    row = asdict(request)
    pk = keys.person(row.pop("workspace_id"), row.pop("profile_id"))
    return {"pk": pk, "sk": keys.message(row.pop("message_id")), **row, "status": "requested"}
