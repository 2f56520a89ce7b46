"""What becomes of a task in WeCom: created, reminded of, and confirmed, refused or expired."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter

from shared.domain.feedback.reports import Report
from shared.domain.instants import format_instant
from shared.domain.requests import BODY_VERSION, read_body

TaskState = Literal["waiting", "confirmed", "refused"]
"""What the provider says of one customer: nobody has confirmed it yet, it was sent, or it cannot
be: the customer left, or had a message of the company today."""

REMIND_AFTER: Final = timedelta(hours=4)
EXPIRES_AFTER: Final = timedelta(hours=48)
LOOK_SECONDS: Final = 900  # between two looks; as long as a queue can hide a message
PROVIDER: Final = "wecom"

_BEGINS: Final = f'{{"v":{BODY_VERSION},"follow":'


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """A task that is looked after; it lies in the queue of messages, and nowhere else."""

    workspace_id: str
    profile_id: str
    message_id: str
    task_id: str
    employee: str
    asked_at: AwareDatetime
    is_reminded: bool = False

    def to_body(self) -> str:
        """Write the body that travels in the queue."""
        values = {**asdict(self), "asked_at": format_instant(self.asked_at)}
        return f"{_BEGINS}{json.dumps(values, separators=(',', ':'))}}}"

    @classmethod
    def from_body(cls, body: str) -> "Follow":
        """Read what `to_body` wrote; raises InvalidInputError naming the field that is wrong."""
        return read_body(body, "follow", _FOLLOW)


_FOLLOW: Final[TypeAdapter[Follow]] = TypeAdapter(Follow)


def is_follow(body: str) -> bool:
    """Whether a body of the queue is one that `to_body` wrote."""
    return body.startswith(_BEGINS)


@dataclass(frozen=True, slots=True)
class Turn:
    """What to do: remind the employee, tell what became of it, or (neither) only look again."""

    follow: Follow
    remind: bool = False
    report: Report | None = None


def turn(follow: Follow, state: TaskState | None, now: datetime) -> Turn:
    """Decide on a task by what the provider says of it; None where that could not be learnt."""
    if state == "confirmed":
        return Turn(follow, report=_report(follow, "delivered", state, now))
    if state == "refused":
        return Turn(follow, report=_report(follow, "rejected", state, now))
    if now - follow.asked_at >= EXPIRES_AFTER:
        return Turn(follow, report=_report(follow, "rejected", "expired", now))
    if state == "waiting" and not follow.is_reminded and now - follow.asked_at >= REMIND_AFTER:
        return Turn(replace(follow, is_reminded=True), remind=True)
    return Turn(follow)


_DETAILS: Final = {
    "confirmed": "",
    "refused": "the customer left, or had a message of the company that day",
    "expired": "nobody confirmed the task in time",
}


def _report(
    follow: Follow, kind: Literal["delivered", "rejected"], why: str, now: datetime
) -> Report:
    return Report(
        report_id=f"{follow.task_id} {why}",
        kind=kind,
        workspace_id=follow.workspace_id,
        profile_id=follow.profile_id,
        message_id=follow.message_id,
        at=now,
        provider=PROVIDER,
        provider_message_id=follow.task_id,
        detail=_DETAILS[why],
    )
