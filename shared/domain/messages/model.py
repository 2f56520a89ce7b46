"""Templates, message requests and the closed set of outcomes that a message can have."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.workspace.model import Purpose

Channel = Literal["email", "sms"]
MessageStatus = Literal["requested", "claimed", "sent", "unknown", "rejected", "suppressed"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EmailTemplate(_Part):
    """An email in Liquid; `html` is escaped by default, `text` and `subject` are plain."""

    channel: Literal["email"] = "email"
    template_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    subject: Annotated[str, Field(min_length=1, max_length=500)]
    html: Annotated[str, Field(min_length=1, max_length=100_000)]
    text: Annotated[str, Field(max_length=100_000)] = ""


class SmsTemplate(_Part):
    """A text message in Liquid."""

    channel: Literal["sms"] = "sms"
    template_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    text: Annotated[str, Field(min_length=1, max_length=1_600)]


Template = Annotated[EmailTemplate | SmsTemplate, Field(discriminator="channel")]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """What a journey step asks of dispatch; `message_id` follows from (enrolment, step, visit)."""

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
    requested_at: datetime
