"""Tasks that people were given with somebody: a row beside the person, and one among all open ones.

Both are written in one transaction, so whoever looks through the open ones sees what the person's
own row says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, query_items, to_item
from shared.aws.transactions import Action, transact
from shared.domain.instants import parse_instant
from shared.domain.journeys.actions import ActionRequest, Task
from shared.errors import ConflictError, NotFoundError

# What was never written down is not done either.
_UNDONE: Final = "attribute_not_exists(pk) OR done = :no"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A task that is not done: who has it, with whom, and until when."""

    task_id: str
    profile_id: str
    title: str
    to: str
    due: datetime
    escalated: bool
    journey_id: str
    step: str


class TaskStore:
    """Every method raises TransientError when AWS is busy or out of reach."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def assign(self, request: ActionRequest, task: Task) -> bool:
        """Write a task down, unless it is there; nothing is written of somebody who is gone.

        Gives whether there is such a task: it may have been withdrawn before it was ever given.
        """
        given = self._put(request, task, {"ConditionExpression": "attribute_not_exists(pk)"})
        return given or self._was_given(request)

    def escalate(self, request: ActionRequest, task: Task) -> bool:
        """Hand a task on, and say whether it was not done; the same again changes nothing.

        It may come before the task was ever written down: then it is written down like this.
        """
        undone = {
            "ConditionExpression": _UNDONE,
            "ExpressionAttributeValues": to_item({":no": False}),
        }
        return self._put(request, task, undone)

    def open_ones(self, workspace_id: str) -> Iterator[OpenTask]:
        """Every task that is not done, in no order."""
        with faults_are_transient():
            for item in query_items(
                self._client,
                TableName=self._table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues=to_item({":pk": keys.open_tasks(workspace_id)}),
            ):
                yield _open_of(from_item(item))

    def find(self, workspace_id: str, task_id: str) -> OpenTask:
        """A task that is not done; raises NotFoundError."""
        key = {"pk": keys.open_tasks(workspace_id), "sk": task_id}
        with faults_are_transient():
            found = self._client.get_item(
                TableName=self._table, Key=to_item(key), ConsistentRead=True
            )
        if "Item" not in found:
            raise NotFoundError("there is no open task of that id", where="task_id")
        return _open_of(from_item(found["Item"]))

    def finish(self, workspace_id: str, task: OpenTask, now: datetime) -> None:
        """Write down that a task is done; the same again changes nothing."""
        said = "SET done = :yes, done_at = :now"
        self._write(
            self._closing(workspace_id, task.profile_id, task.task_id, now, said, "done = :no")
        )

    def withdraw(self, workspace_id: str, profile_id: str, task_id: str, now: datetime) -> None:
        """Take back a task that is not done; the same again changes nothing.

        It may come before the task was ever written down: then it never will be.
        """
        said = "SET done = :yes, done_at = :now, withdrawn = :yes"
        closing = self._closing(workspace_id, profile_id, task_id, now, said, _UNDONE)
        self._write([*closing, {"ConditionCheck": self._somebody(workspace_id, profile_id)}])

    def _closing(
        self, workspace_id: str, profile_id: str, task_id: str, now: datetime, said: str, when: str
    ) -> list[Action]:
        own = {"pk": keys.person(workspace_id, profile_id), "sk": keys.task(task_id)}
        listed = {"pk": keys.open_tasks(workspace_id), "sk": task_id}
        update = {
            "TableName": self._table,
            "Key": to_item(own),
            "UpdateExpression": said,
            "ConditionExpression": when,
            "ExpressionAttributeValues": to_item({":now": now, ":yes": True, ":no": False}),
        }
        return [{"Update": update}, {"Delete": {"TableName": self._table, "Key": to_item(listed)}}]

    def _put(self, request: ActionRequest, task: Task, condition: dict[str, Any]) -> bool:
        """Write both rows of a task, if the condition holds of the person's own."""
        return self._write(
            [
                {"Put": {**self._row(request, task), **condition}},
                {"Put": self._open_row(request, task)},
                {"ConditionCheck": self._somebody(request.workspace_id, request.profile_id)},
            ]
        )

    def _was_given(self, request: ActionRequest) -> bool:
        pk = keys.person(request.workspace_id, request.profile_id)
        key = {"pk": pk, "sk": keys.task(request.action_id)}
        with faults_are_transient():
            found = self._client.get_item(
                TableName=self._table, Key=to_item(key), ConsistentRead=True
            )
        return "Item" in found and "withdrawn" not in found["Item"]

    def _row(self, request: ActionRequest, task: Task) -> dict[str, Any]:
        row = {
            "pk": keys.person(request.workspace_id, request.profile_id),
            "sk": keys.task(request.action_id),
            **_content(request, task),
            "done": False,
        }
        return {"TableName": self._table, "Item": to_item(row)}

    def _open_row(self, request: ActionRequest, task: Task) -> dict[str, Any]:
        row = {
            "pk": keys.open_tasks(request.workspace_id),
            "sk": request.action_id,
            "profile_id": request.profile_id,
            **_content(request, task),
        }
        return {"TableName": self._table, "Item": to_item(row)}

    def _somebody(self, workspace_id: str, profile_id: str) -> dict[str, Any]:
        """The strand is there, and not being erased."""
        pk = keys.person(workspace_id, profile_id)
        return {
            "TableName": self._table,
            "Key": to_item({"pk": pk, "sk": keys.PROFILE}),
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(erasing)",
        }

    def _write(self, actions: list[Action]) -> bool:
        """Write all or nothing, and say whether all conditions held."""
        try:
            transact(self._client, actions, pauses=())
        except ConflictError:
            return False
        return True


def _content(request: ActionRequest, task: Task) -> dict[str, Any]:
    return {
        "title": task.title,
        "to": task.to,
        "due": task.due,
        "escalated": task.escalated,
        "journey_id": request.journey_id,
        "step": request.step,
    }


def _open_of(row: dict[str, Any]) -> OpenTask:
    return OpenTask(
        task_id=row["sk"],
        profile_id=row["profile_id"],
        title=row["title"],
        to=row["to"],
        due=parse_instant(row["due"]),
        escalated=row["escalated"],
        journey_id=row["journey_id"],
        step=row["step"],
    )
