"""What is handed to a provider, and the closed set of its answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.workspace.model import Purpose


@dataclass(frozen=True, slots=True)
class EmailContent:
    """An email as the person will see it; `text` is never empty, `headers` are beside the usual."""

    subject: str
    html: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SmsContent:
    """A text message as the person will see it."""

    text: str


Content = EmailContent | SmsContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Whom one message is for; the ids travel with it, so that feedback finds its way back."""

    workspace_id: str
    profile_id: str
    message_id: str
    purpose: Purpose
    address: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message and named it."""

    provider: str
    provider_message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider said no, and would say no again."""

    provider: str
    detail: str


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The provider surely did not take the message, and might the next time."""

    provider: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows whether the provider took the message."""

    provider: str
    detail: str


Answer = Accepted | Rejected | NotTaken | Unclear
