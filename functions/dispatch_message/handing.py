"""Hands a rendered message to the provider of its channel."""

from typing import Final

from shared.aws.mailer import Mailer
from shared.aws.texter import Texter
from shared.domain.channels.catalog import Content
from shared.domain.channels.email import EmailContent
from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Answer, Handover, Rejected
from shared.domain.workspace.model import WorkspaceSettings

NOBODY: Final = "none"


class Handing:
    """Knows who carries out each channel."""

    def __init__(self, mailer: Mailer, texter: Texter) -> None:
        """Work over these."""
        self._mailer = mailer
        self._texter = texter

    def hand_over(
        self, handover: Handover, content: Content, settings: WorkspaceSettings
    ) -> Answer:
        """Hand one message over with one call."""
        match content:
            case EmailContent():
                return self._mailer.send(handover, settings.email_from, content)
            case SmsContent():
                return self._texter.send(handover, content)
            case _:
                return Rejected(NOBODY, "the workspace has no provider for this channel")
