"""What the admin API answers about tasks."""

from typing import Literal

from typing_extensions import TypedDict

from shared.domain.workspace.stories import Instant


class TaskState(TypedDict):
    """A task with somebody that is not done; `to` is who has it now."""

    task_id: str
    profile_id: str
    title: str
    to: str
    due: Instant
    overdue: bool
    escalated: bool
    journey_id: str
    step: str


class TaskList(TypedDict):
    """A page of open tasks, those that are due first in front; `cursor` asks for the next one."""

    success: Literal[True]
    tasks: list[TaskState]
    cursor: str | None


class TaskDone(TypedDict):
    """A task that is done now."""

    success: Literal[True]
    task: TaskState
