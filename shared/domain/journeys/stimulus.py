"""What can move an enrolment: its own turn, an event, time that is up, or a merge of people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from shared.domain.profiles.model import View
from shared.domain.segments.condition import Node


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the person when a step looks, and where natural days begin.

    `arms` are the conditions of the branch of facts alone, in their order; none when they are that
    already. `active` are the latest instants at which the person gave a sign of life, in no order,
    where a step asks for the usual hour.
    """

    view: View
    zone: ZoneInfo
    arms: tuple[Node, ...] = ()
    active: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Perform:
    """Carry out `step`; some need facts (`definition.needs_facts`), the others look at none."""

    step: str
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class TimeUp:
    """What this visit of `step` waits for was due."""

    step: str
    visit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A behaviour event of the profile, or a move in or out of a segment or lifecycle stage.

    `trigger` is the event's name, `segment:entered:<id>` or `lifecycle:left:<stage>`; `arrived_at`
    is when an event reached us, None for a move, which we found ourselves. `correlation_id` names
    the request that brought it, where there was one.
    """

    fact_id: str
    trigger: str
    occurred_at: datetime
    about: Literal["event", "segment", "lifecycle"] = "event"
    arrived_at: datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """The profile turned out to be somebody who is in the journey by the enrolment `into`."""

    into: str


Move = Perform | TimeUp | Happened
"""What the step at which an enrolment stands may answer."""

Stimulus = Move | Merged
