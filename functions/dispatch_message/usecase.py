"""Decides on one message at the last instant, claims it, sends it once and writes the outcome."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal, assert_never

from functions.dispatch_message.settings import CLAIM_LEASE
from shared.aws.catalog import CatalogReader
from shared.aws.mailer import Mailer
from shared.aws.message_store import MessageState, MessageStore
from shared.aws.texter import Texter
from shared.domain.messages.decision import (
    Decision,
    Send,
    Suppress,
    decide,
)
from shared.domain.messages.handover import (
    Answer,
    Content,
    EmailContent,
    Handover,
    SmsContent,
)
from shared.domain.messages.model import EmailTemplate, MessageRequest, SmsTemplate
from shared.domain.messages.outcome import FinalStatus, Outcome, TryAgain, conclude
from shared.domain.messages.reasons import Reason
from shared.domain.messages.render import render, variables_for
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError, NotFoundError, TransientError

MOST_LOOKS: Final = 3  # at a person whose consents change between decision and claim
_BY_CONSENT: Final = ("no_consent", "no_personalisation")


class Dispatch:
    """Brings one requested message to its final status."""

    def __init__(
        self,
        catalog: CatalogReader,
        store: MessageStore,
        mailer: Mailer,
        texter: Texter,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._catalog = catalog
        self._store = store
        self._mailer = mailer
        self._texter = texter
        self._now = now

    def dispatch(self, request: MessageRequest) -> FinalStatus | None:
        """Give the final status that this call brought about; None when there was one already.

        Raises TransientError or ConflictError when the queue must bring the request back.
        """
        for _ in range(MOST_LOOKS):
            state = self._store.load(request)
            if state is None:
                return None  # the person was erased, and everything about this message with them
            if state.status == "claimed":
                return self._close_old_claim(request, state)
            if state.status != "requested":
                return None
            settings = self._catalog.settings(request.workspace_id)
            decision = self._decide(request, state, settings)
            if isinstance(decision, Suppress) and decision.reason in _BY_CONSENT:
                state = self._store.look_again(request, state)
                if state is None:
                    return None
                decision = self._decide(request, state, settings)
            match decision:
                case Send():
                    status = self._send(request, state, decision, settings)
                    if status != "consents_changed":
                        return status
                case Suppress():
                    return self._suppress(request, decision)
                case _:
                    assert_never(decision)
        raise TransientError("the consents of this person change all the time")

    def _decide(
        self, request: MessageRequest, state: MessageState, settings: WorkspaceSettings
    ) -> Decision:
        return decide(
            request,
            self._template(request),
            state.person,
            settings,
            self._catalog.journey_status(request.workspace_id, request.journey_id),
        )

    def _close_old_claim(self, request: MessageRequest, state: MessageState) -> FinalStatus:
        if state.claimed_at is not None and self._now() - state.claimed_at <= CLAIM_LEASE:
            raise TransientError("this message is being sent")
        return self._settle(
            request, Outcome(status="unknown", channel=state.channel, reason="interrupted")
        )

    def _send(
        self,
        request: MessageRequest,
        state: MessageState,
        send: Send,
        settings: WorkspaceSettings,
    ) -> FinalStatus | Literal["consents_changed"]:
        local_now = self._now().astimezone(settings.zone)
        try:
            variables = variables_for(request, state.person.traits if send.personalised else {})
            content = render(send.template, variables, local_now)
        except InvalidInputError as error:
            why: Reason = "render_failed" if send.personalised else "no_personalisation"
            return self._suppress(request, Suppress(why, send.channel, str(error)))
        refusal = self._store.claim(request, state, send, self._now())
        if refusal == "consents_changed":
            return refusal
        if refusal is not None:
            return self._suppress(request, Suppress(refusal, send.channel))
        answer = self._hand_over(request, send, content, settings)
        conclusion = conclude(answer, send.channel, state.attempts + 1)
        if isinstance(conclusion, TryAgain):
            self._store.release(request, conclusion.detail)
            raise TransientError("the provider takes no messages now")
        return self._settle(request, conclusion)

    def _hand_over(
        self, request: MessageRequest, send: Send, content: Content, settings: WorkspaceSettings
    ) -> Answer:
        handover = Handover(
            workspace_id=request.workspace_id,
            profile_id=request.profile_id,
            message_id=request.message_id,
            purpose=request.purpose,
            address=send.address,
        )
        match content:
            case EmailContent():
                return self._mailer.send(handover, settings.email_from, content)
            case SmsContent():
                return self._texter.send(handover, content)
            case _:
                assert_never(content)

    def _suppress(self, request: MessageRequest, decision: Suppress) -> FinalStatus:
        return self._settle(
            request,
            Outcome(
                status="suppressed",
                channel=decision.channel,
                reason=decision.reason,
                detail=decision.detail,
            ),
        )

    def _settle(self, request: MessageRequest, outcome: Outcome) -> FinalStatus:
        self._store.settle(request, outcome, self._now())
        return outcome.status

    def _template(self, request: MessageRequest) -> EmailTemplate | SmsTemplate | None:
        try:
            return self._catalog.template(request.workspace_id, request.template_id)
        except NotFoundError:
            return None
