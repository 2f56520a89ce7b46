"""What is handed to a provider, and the closed set of its answers."""

from dataclasses import dataclass

from shared.domain.channels.catalog import Content as Content
from shared.domain.channels.email import EmailContent as EmailContent
from shared.domain.channels.sms import SmsContent as SmsContent
from shared.domain.workspace.model import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Whom one message is for; the ids travel with it, so that feedback finds its way back.

    `correlation_id` names the request to which the message goes back, if there was one.
    """

    workspace_id: str
    profile_id: str
    message_id: str
    purpose: Purpose
    address: str
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message and named it."""

    provider: str
    provider_message_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider said no, and would say no again.

    `address_is_gone` says that nothing will ever reach this address.
    """

    provider: str
    detail: str
    address_is_gone: bool = False


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
