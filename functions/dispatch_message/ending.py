"""How a message ends: what is written last, and whether it may come once more after all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Final, Protocol

from functions.dispatch_message.settings import CLAIM_LEASE
from shared.aws.catalog import CatalogReader
from shared.aws.message_state import MessageState
from shared.aws.message_store import MessageStore
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.messages.channels import LAID
from shared.domain.messages.decision import Send, Suppress
from shared.domain.messages.lanes import name_of
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.outcome import FinalStatus, Outcome
from shared.errors import TransientError

LOOKED_FOR_AFTER: Final = timedelta(minutes=5)
"""When somebody looks whether a message lies in an inbox of which nobody knows that."""


class Later(Protocol):
    """What brings a message back when its time has come (the due index)."""

    def mirror(
        self,
        workspace_id: str,
        name: str,
        before: datetime | None,
        after: datetime | None,
        now: datetime,
    ) -> AbstractContextManager[None]:
        """Bring `name` back at `after`, once what is done inside `with` is stored."""


class Ending:
    """Writes final statuses."""

    def __init__(
        self,
        catalog: CatalogReader,
        store: MessageStore,
        later: Later,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._catalog = catalog
        self._store = store
        self._later = later
        self._now = now

    def close_old_claim(self, request: MessageRequest, state: MessageState) -> FinalStatus:
        """End a message that somebody claimed and never concluded.

        Raises TransientError where it is being sent still.
        """
        if state.claimed_at is not None and self._now() - state.claimed_at <= CLAIM_LEASE:
            raise TransientError("this message is being sent")
        outcome = Outcome(status="unknown", channel=state.channel, reason="interrupted")
        return self.settle(request, outcome, state)

    def suppress(
        self, request: MessageRequest, decision: Suppress, state: MessageState
    ) -> FinalStatus:
        """End a message that does not go out; the contact budget has its room back."""
        if state.ledger is not None and state.ledger.ledger.holds(request.message_id):
            self._store.forget_contact(request, state)
        outcome = Outcome(
            status="suppressed",
            channel=decision.channel,
            reason=decision.reason,
            detail=decision.detail,
        )
        return self.settle(request, outcome, state)

    def settle_as_laid(self, request: MessageRequest) -> FinalStatus | None:
        """End a message of which nobody knew, and which lies where it was to be laid."""
        ids = request.workspace_id, request.profile_id, request.message_id
        now = to_milliseconds(self._now())
        was_open = self._store.settle_from_provider(*ids, now=now, provider_message_id=ids[2])
        return "sent" if was_open else None

    def _again_after(self, request: MessageRequest, outcome: Outcome) -> timedelta | None:
        """When it is time to see to a message of which nobody knows; None for never."""
        if outcome.channel in LAID:
            return LOOKED_FOR_AFTER
        if request.purpose == "transactional":
            return self._catalog.settings(request.workspace_id).resend_unknown_after
        return None

    def settle(
        self,
        request: MessageRequest,
        outcome: Outcome,
        state: MessageState,
        claimed: Send | None = None,
    ) -> FinalStatus:
        """Write an outcome; what nobody knows of comes back where it may be sent once more.

        `claimed` is what the message was claimed for, where the provider has answered.
        """
        now = to_milliseconds(self._now())
        after = None
        if outcome.status == "unknown" and not state.resent:
            after = self._again_after(request, outcome)
        again_at = None if after is None else now + after
        with self._later.mirror(request.workspace_id, name_of(request), None, again_at, now):
            self._store.settle(request, outcome, now, again_at, claimed)
        return outcome.status
