"""Templates, message requests and the closed set of outcomes that a message can have."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final, Literal

from pydantic import AwareDatetime, TypeAdapter

from shared.domain.channels.base import Topic as Topic
from shared.domain.channels.catalog import TEMPLATE as TEMPLATE
from shared.domain.channels.catalog import AnyTemplate as AnyTemplate
from shared.domain.channels.catalog import Template as Template
from shared.domain.channels.email import EmailTemplate as EmailTemplate
from shared.domain.channels.sms import SmsTemplate as SmsTemplate
from shared.domain.instants import format_instant
from shared.domain.messages.channels import Channel as Channel
from shared.domain.messages.defaults import DEFAULT_EXPIRY_SECONDS, DEFAULT_PRIORITY, OBEY
from shared.domain.requests import BODY_VERSION, read_body, read_values
from shared.domain.workspace.model import Purpose

MessageStatus = Literal[
    "requested", "deferred", "claimed", "sent", "unknown", "rejected", "suppressed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """What a journey step asks of dispatch; `message_id` follows from (enrolment, step, visit).

    `profile_id` is the strand in which the enrolment lies; another one may answer for the person by
    now. `topic` is the journey's, if it has one. `fallback` are templates that are tried in their
    order when the one before cannot reach the person.

    `priority` (0 to 100) says who goes first where the contact budget has no room for all;
    `quiet_hours` are `obey` (those of the workspace), `ignore`, or windows of the journey's own
    with commas between. What could not go out within `expires_after` seconds never goes out.
    `broadcast_id` names the broadcast that asked for it, if one did. `values` are what the step
    hands the template, `constants` names those of them that it says to everybody; `pins` the
    versions of templates with which the journey stays.
    `correlation_id` names the request that brought what began the enrolment, if one did.
    """

    workspace_id: str
    profile_id: str
    message_id: str
    enrolment_id: str
    journey_id: str
    journey_version: int
    step: str
    visit: int
    template_id: str
    purpose: Purpose
    requested_at: AwareDatetime
    topic: str = ""
    fallback: tuple[str, ...] = ()
    priority: int = DEFAULT_PRIORITY
    quiet_hours: str = OBEY
    expires_after: int = DEFAULT_EXPIRY_SECONDS
    broadcast_id: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    constants: tuple[str, ...] = ()
    pins: Mapping[str, int] = field(default_factory=dict)
    correlation_id: str = ""

    def plain(self) -> dict[str, Any]:
        """Its values by name, those left out that are as they are unless told."""
        values = {name: getattr(self, name) for name in _FIELDS}
        return {name: values[name] for name in values if values[name] != _UNLESS_TOLD.get(name)}

    def rungs(self) -> tuple["MessageRequest", ...]:
        """The request by each template in its order, none of them with a fallback."""
        templates = (self.template_id, *self.fallback)
        return tuple(replace(self, template_id=one, fallback=()) for one in templates)

    def to_body(self) -> str:
        """Write the body that travels in the messages queue: `{"v": 1, "message": {…}}`."""
        message = {**self.plain(), "requested_at": format_instant(self.requested_at)}
        return json.dumps(
            {"v": BODY_VERSION, "message": message}, ensure_ascii=False, separators=(",", ":")
        )

    @classmethod
    def from_body(cls, body: str) -> "MessageRequest":
        """Read what `to_body` wrote; raises InvalidInputError naming the field that is wrong."""
        return read_body(body, "message", _REQUEST)


_REQUEST: Final[TypeAdapter[MessageRequest]] = TypeAdapter(MessageRequest)
_FIELDS: Final = tuple(one.name for one in fields(MessageRequest))
_UNLESS_TOLD: Final[Mapping[str, Any]] = {
    "priority": DEFAULT_PRIORITY,
    "quiet_hours": OBEY,
    "expires_after": DEFAULT_EXPIRY_SECONDS,
    "broadcast_id": "",
    "values": {},
    "constants": (),
    "pins": {},
    "correlation_id": "",
}


def checked_request(values: Mapping[str, Any]) -> MessageRequest:
    """A request out of plain values; raises InvalidInputError naming the field that is wrong."""
    return read_values(values, "message", _REQUEST)
