"""Lets a message go out only where its journey has the money for it."""

from dataclasses import dataclass
from datetime import datetime

from shared.aws.catalog import CatalogReader
from shared.aws.purse import Purse
from shared.aws.queues import Queue
from shared.domain.channels.sms import SmsContent
from shared.domain.costs.prices import micros_of
from shared.domain.journeys.money import MoneyBudget, Paid
from shared.domain.messages.channels import Channel
from shared.domain.messages.handover import Content
from shared.domain.messages.model import MessageRequest, MessageStatus
from shared.domain.messages.sms import measure
from shared.domain.workspace.model import WorkspaceSettings


@dataclass(frozen=True, slots=True)
class Charge:
    """What was taken for a message; nothing where its journey has no budget, or it costs none."""

    purse: Purse
    request: MessageRequest
    paid: Paid | None

    def undo(self) -> None:
        """Give it back: the message is not sent."""
        if self.paid:
            self.purse.give_back(self.request, self.paid)


class Paying:
    """Takes the price of each message out of the budget of its journey."""

    def __init__(self, catalog: CatalogReader, purse: Purse, feedback: Queue) -> None:
        """`feedback` brings it to record_feedback that a budget is used up, which pauses then."""
        self._catalog = catalog
        self._purse = purse
        self._feedback = feedback

    def give_back(self, request: MessageRequest, paid: Paid) -> None:
        """Give back what was taken for a message by somebody who never claimed it."""
        self._purse.give_back(request, paid)

    def charge(
        self,
        request: MessageRequest,
        status: MessageStatus,
        channel: Channel,
        content: Content,
        settings: WorkspaceSettings,
        now: datetime,
    ) -> Charge | None:
        """Take the price of a message of this status; None where it does not fit.

        Of that the journey hears. Raises TransientError when AWS is busy, ConflictError when
        somebody else has the message.
        """
        budget = self._budget(request)
        micros = micros_of(channel, _parts(content)) if budget else 0
        if budget is None or not micros:
            return Charge(self._purse, request, None)
        spend = budget.spend(request.journey_id, micros, now, settings.zone)
        if self._purse.take(request, status, spend):
            return Charge(self._purse, request, spend.paid)
        ids = {"workspace_id": request.workspace_id, "journey_id": request.journey_id}
        self._feedback.send_json({"spent": {**ids, "micros": micros}})
        return None

    def _budget(self, request: MessageRequest) -> MoneyBudget | None:
        """That of the version which people meet now: a new one holds for those inside as well."""
        published = self._catalog.journeys(request.workspace_id)
        now = next((one for one in published if one.journey.journey_id == request.journey_id), None)
        if now is None:
            ids = request.workspace_id, request.journey_id
            now = self._catalog.journey(*ids, request.journey_version)
        return now.journey.budget


def _parts(content: Content) -> int:
    """What a provider takes money for: segments of a text message, else the message."""
    return measure(content.text).segments if isinstance(content, SmsContent) else 1
