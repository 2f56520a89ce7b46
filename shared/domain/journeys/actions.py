"""What a journey does beside sending, as whoever carries it out wants to know it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from shared.domain.instants import format_instant
from shared.domain.requests import BODY_VERSION, read_body
from shared.domain.segments.condition import Scalar

Values = Mapping[str, Scalar | None]
"""By name; null where the entry had no such property."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Write traits, values of manual tags (an empty text takes one away), and lists."""

    traits: Values
    tags: Mapping[str, str]
    lists: Mapping[str, bool]
    type: Literal["update"] = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """Give points or a coupon."""

    points: int | None
    coupon: str | None
    type: Literal["reward"] = "reward"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Tell a server."""

    url: str
    body: Values
    type: Literal["webhook"] = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJourney:
    """Ask another journey to take the person in."""

    journey_id: str
    properties: Values
    type: Literal["start_journey"] = "start_journey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Give a task to `to`, or hand the same task on when it is overdue (`escalated`)."""

    title: str
    to: str
    due: AwareDatetime
    escalated: bool = False
    type: Literal["task"] = "task"


Action = Annotated[Update | Reward | Webhook | StartJourney | Task, Field(discriminator="type")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """What a step asks for; `action_id` follows from (enrolment, step, visit).

    `profile_id` is the strand in which the enrolment lies; another one may answer for the person by
    now. `asked_at` is logical time, and `turn` how many actions were asked for before at that very
    instant. `correlation_id` names the request that brought what began the enrolment, if one did.
    """

    workspace_id: str
    profile_id: str
    action_id: str
    enrolment_id: str
    journey_id: str
    journey_version: int
    step: str
    visit: int
    asked_at: AwareDatetime
    action: Action
    turn: int = 0
    correlation_id: str = ""

    def to_body(self) -> str:
        """Write the body that travels in the actions queue: `{"v": 1, "action": {…}}`."""
        whole = {"v": BODY_VERSION, "action": asdict(self)}
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=_plain)

    @classmethod
    def from_body(cls, body: str) -> "ActionRequest":
        """Read what `to_body` wrote; raises InvalidInputError naming the field that is wrong."""
        return read_body(body, "action", _REQUEST)


_REQUEST: Final[TypeAdapter[ActionRequest]] = TypeAdapter(ActionRequest)


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON data
    if isinstance(value, datetime):
        return format_instant(value)
    raise TypeError(f"{type(value).__name__} has no place in an action")
