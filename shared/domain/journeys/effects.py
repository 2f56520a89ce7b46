"""What an advance wants done, as data: the interpreter decides, somebody else acts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SendMessage:
    """Ask dispatch for one message; `fallback` are templates for who cannot be reached by it."""

    message_id: str
    step: str
    visit: int
    template_id: str
    requested_at: datetime
    fallback: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """Ask for what a step does beside sending; `escalated` when a task is overdue."""

    action_id: str
    step: str
    visit: int
    asked_at: datetime
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Listen:
    """Let `trigger` find this enrolment: it may end a visit of a wait, the enrolment, or either.

    `step` is the wait that it may end, None when only an exit rule (`exits`) asks for it.
    """

    trigger: str
    exits: bool
    step: str | None = None
    visit: int = 0


Asked = SendMessage | Act
"""What somebody outside has to do."""

Effect = Asked | Listen
