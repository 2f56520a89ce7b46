"""Hands a rendered message to whoever carries out its channel."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol

from functions.dispatch_message.following import Following
from shared.aws.catalog import CatalogReader
from shared.aws.inbox_store import InboxStore
from shared.aws.mailer import Mailer
from shared.aws.throughput import Throughput
from shared.domain.channels.catalog import Content
from shared.domain.channels.email import EmailContent
from shared.domain.channels.inbox import InboxContent
from shared.domain.channels.web import WebContent
from shared.domain.channels.wecom import WecomContent
from shared.domain.inbox.model import InboxMessage
from shared.domain.messages.channels import LAID, Channel
from shared.domain.messages.handover import (
    Accepted,
    Answer,
    Handover,
    NotTaken,
    Rejected,
    Unclear,
)
from shared.domain.messages.lanes import goes_with_broadcasts
from shared.domain.messages.model import MessageRequest
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import TransientError
from shared.providers.senders import Senders
from shared.providers.sending import Sender
from shared.runtime.observability import logger

OURS: Final = "rapport"  # who carries out inboxes and popups
NOBODY: Final = "none"

_log = logger("dispatch_message")


class Forget(Protocol):
    """Takes back the address of a person on a channel."""

    def __call__(self, handover: Handover, channel: Channel) -> None:
        """Nothing will ever reach the address of this handover."""
        ...


class Handing:
    """Knows who carries out each channel, and how fast."""

    def __init__(
        self,
        catalog: CatalogReader,
        mailer: Mailer,
        inboxes: InboxStore,
        senders: Senders,
        throughput: Throughput,
        forget: Forget,
        following: Following,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._catalog = catalog
        self._mailer = mailer
        self._inboxes = inboxes
        self._senders = senders
        self._throughput = throughput
        self._forget = forget
        self._following = following
        self._now = now

    def stands_back(
        self, request: MessageRequest, channel: Channel, *, had_turn: bool
    ) -> timedelta | None:
        """For how long a message has to wait until the provider of its channel takes it.

        None where it may be handed over now; to be asked before it is claimed, for who asks takes
        the room. `had_turn` says that it waited for that already.
        """
        provider = self._catalog.provider(request.workspace_id, channel)
        if provider is None or provider.per_second is None:
            return None
        return self._throughput.stands_back(
            *(request.workspace_id, channel, provider.per_second),
            first=request.purpose == "transactional",
            had_turn=had_turn,
            of_broadcast=goes_with_broadcasts(request),
        )

    def lies(self, request: MessageRequest, channel: Channel | None) -> bool:
        """Whether a message lies where we lay those of its channel; False for all that we send.

        Raises TransientError when the table is busy.
        """
        ids = request.workspace_id, request.profile_id, request.message_id
        return channel in LAID and self._inboxes.has(*ids)

    def hand_over(
        self,
        request: MessageRequest,
        address: str,
        channel: Channel,
        content: Content,
        settings: WorkspaceSettings,
    ) -> Answer:
        """Hand one message over with one call; the log says to which request it goes back."""
        answer = self._hand_over(request, address, channel, content, settings)
        told = {
            "correlation_id": request.correlation_id,
            "message_id": request.message_id,
            "channel": channel,
            "provider": answer.provider,
            "answer": type(answer).__name__,
        }
        _log.info("message handed over", extra=told)
        return answer

    def _hand_over(
        self,
        request: MessageRequest,
        address: str,
        channel: Channel,
        content: Content,
        settings: WorkspaceSettings,
    ) -> Answer:
        handover = Handover(
            workspace_id=request.workspace_id,
            profile_id=request.profile_id,
            message_id=request.message_id,
            purpose=request.purpose,
            address=address,
            correlation_id=request.correlation_id,
        )
        match content:
            case EmailContent():
                return self._mailer.send(handover, settings.email_from, content)
            case InboxContent() | WebContent():
                return self._lay(request, channel, content)
            case _:
                answer = self._send(handover, channel, content)
        if isinstance(answer, Rejected) and answer.address_is_gone:
            with suppress(TransientError):  # the next message finds the same
                self._forget(handover, channel)
        return answer

    def _send(self, handover: Handover, channel: Channel, content: Content) -> Answer:
        provider = self._catalog.provider(handover.workspace_id, channel)
        try:
            sender = self._senders.of(handover.workspace_id, channel, provider)
        except TransientError as error:
            return NotTaken(NOBODY, str(error))
        except Exception as error:  # whatever it is, nothing was sent
            return NotTaken(NOBODY, type(error).__name__)
        if sender is None:
            return Rejected(NOBODY, f"the workspace has no provider for {channel}")
        answer = sender.send(handover, content)
        if isinstance(answer, Accepted) and isinstance(content, WecomContent):
            self._look_after(sender, handover, content, answer)
        return answer

    def _look_after(
        self, sender: Sender, handover: Handover, content: WecomContent, made: Accepted
    ) -> None:
        """A task is no message yet; one that nobody looks after is `sent` and no more."""
        from shared.providers.wecom.sender import WecomSender

        if content.form == "customer_task" and isinstance(sender, WecomSender):
            with suppress(TransientError):
                self._following.begin(sender, handover, content, made)

    def _lay(
        self, request: MessageRequest, channel: Channel, content: InboxContent | WebContent
    ) -> Answer:
        now = self._now()
        message = InboxMessage(
            message_id=request.message_id,
            channel="web" if channel == "web" else "inbox",
            headline=content.headline,
            text=content.text,
            image=content.image,
            link=content.link,
            link_title=content.link_title,
            place=content.place if isinstance(content, WebContent) else "",
            ask=content.ask,
            priority=content.priority,
            created_at=now,
            until=now + timedelta(days=content.days),
            template_id=request.template_id,
            journey_id=request.journey_id,
            step=request.step,
        )
        try:
            if self._inboxes.put(request.workspace_id, request.profile_id, message):
                return Accepted(OURS, request.message_id)
        except TransientError as error:
            return self._looked_for(request, channel, str(error))
        return Rejected(OURS, "there is nobody any more")

    def _looked_for(self, request: MessageRequest, channel: Channel, detail: str) -> Answer:
        """What became of a message that was perhaps laid; it is put once, however often."""
        try:
            if self.lies(request, channel):
                return Accepted(OURS, request.message_id)
        except TransientError:
            return Unclear(OURS, detail)
        return NotTaken(OURS, detail)
