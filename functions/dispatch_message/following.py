"""Looks after tasks that employees have to confirm, until each has come to an end.

A task lies in the queue of messages, hidden from one look to the next. Looking twice does nothing
new: what is told is named by the task, and a second reminder is all that a crash can bring about.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from shared.aws.catalog import CatalogReader
from shared.aws.feedback_store import FeedbackStore
from shared.aws.queues import Queue
from shared.domain.channels.following import LOOK_SECONDS, Follow, TaskState, turn
from shared.domain.channels.wecom import WecomContent
from shared.domain.messages.handover import Accepted, Handover
from shared.domain.messages.links import Ref
from shared.providers.senders import Senders


class Tasks(Protocol):
    """Who can be asked about tasks."""

    def employee_of(self, content: WecomContent) -> str:
        """Who has to confirm it."""
        ...

    def state(self, task_id: str, employee: str) -> TaskState | None:
        """What became of a task; None where that cannot be learnt now."""
        ...

    def remind(self, task_id: str) -> None:
        """Remind the employee; nothing happens where that is not possible now."""
        ...


class Following:
    """The tasks of all workspaces."""

    def __init__(
        self,
        catalog: CatalogReader,
        senders: Senders,
        messages: FeedbackStore,
        queue: Queue,
        reports: Queue,
        now: Callable[[], datetime],
    ) -> None:
        """`queue` brings tasks back here; `reports` is where it is told what became of them."""
        self._catalog = catalog
        self._senders = senders
        self._messages = messages
        self._queue = queue
        self._reports = reports
        self._now = now

    def begin(
        self, tasks: Tasks, handover: Handover, content: WecomContent, made: Accepted
    ) -> None:
        """Look after a task from now on; raises TransientError when the queue does not take it."""
        follow = Follow(
            workspace_id=handover.workspace_id,
            profile_id=handover.profile_id,
            message_id=handover.message_id,
            task_id=made.provider_message_id,
            employee=tasks.employee_of(content),
            asked_at=self._now(),
        )
        self._again(follow)

    def look(self, body: str) -> None:
        """Look at one task; raises TransientError when the queue must bring it again at once."""
        follow = Follow.from_body(body)
        ref = Ref(follow.workspace_id, follow.profile_id, follow.message_id)
        if self._messages.find(ref) is None:
            return  # the person is gone, and all about them
        tasks = self._tasks(follow.workspace_id)
        state = tasks.state(follow.task_id, follow.employee) if tasks else None
        what = turn(follow, state, self._now())
        if what.report is not None:
            self._reports.send([what.report.to_body()])
            return
        if what.remind and tasks:
            tasks.remind(follow.task_id)
        self._again(what.follow)

    def _again(self, follow: Follow) -> None:
        self._queue.send_later([(follow.to_body(), LOOK_SECONDS)])

    def _tasks(self, workspace_id: str) -> Tasks | None:
        from shared.providers.wecom.sender import WecomSender

        provider = self._catalog.provider(workspace_id, "wecom")
        sender = self._senders.of(workspace_id, "wecom", provider)
        return sender if isinstance(sender, WecomSender) else None
