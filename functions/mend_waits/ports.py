"""Everything outside that mending touches."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.aws.damage_scan import DamageScan
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.person_reader import PersonReader
from shared.domain.journeys.ports import Ref, Stored
from shared.domain.messages.model import MessageRequest
from shared.domain.recovery.damage import Seen


class Queue(Protocol):
    """What brings names to whoever attends to them."""

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        """Send (body, seconds of delay); raises TransientError."""


class Messages(Queue, Protocol):
    """What brings messages to dispatch_message, by what was asked for or by their names."""

    def ask(self, requests: Iterable[MessageRequest]) -> None:
        """Hand over what was asked for; raises TransientError."""


class Restarts(Protocol):
    """What looks at executions and starts those that have gone (`journeys.restarting`)."""

    def stands_still(self, stored: Stored, decided_at: datetime, late: timedelta) -> bool:
        """Whether an enrolment that was stored then should have moved."""

    def look(self, ref: Ref, version: int) -> Seen:
        """What is the matter with an enrolment that stood still as of this version of its row."""

    def restart(self, ref: Ref, version: int, decided_at: datetime) -> Seen:
        """The same, and do something about it; the version was stored at `decided_at`."""

    def may_idle(self, stored: Stored) -> bool:
        """Whether the execution of an enrolment that is over may go on."""

    def is_idle(self, ref: Ref, machine: str) -> bool:
        """Whether it does."""

    def stop(self, ref: Ref, machine: str) -> None:
        """Stop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that mending touches; `restarter` is made when one is needed.

    `tell` says of an enrolment why its execution could not be seen to.
    """

    scan: DamageScan
    due: Queue
    wakes: Queue
    messages: Messages
    wake_rows: DueRows
    wake_index: DueIndex
    enrolments: EnrolmentStore
    people: PersonReader
    restarter: Callable[[], Restarts]
    tell: Callable[[Ref, Exception], None]
    now: Callable[[], datetime]
