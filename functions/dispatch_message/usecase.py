"""Decides on one message at the last instant, claims it, sends it once and writes the outcome."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Literal, assert_never

from functions.dispatch_message.dressing import Dressing
from functions.dispatch_message.handing import Handing
from functions.dispatch_message.settings import CLAIM_LEASE
from shared.aws.catalog import CatalogReader
from shared.aws.message_store import MessageState, MessageStore
from shared.domain.messages.decision import (
    Decision,
    Rung,
    Send,
    Suppress,
    climb,
)
from shared.domain.messages.handover import (
    Answer,
    Content,
    Handover,
)
from shared.domain.messages.model import AnyTemplate, MessageRequest
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
        handing: Handing,
        dressing: Dressing,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._catalog = catalog
        self._store = store
        self._handing = handing
        self._dressing = dressing
        self._now = now

    def dispatch(self, request: MessageRequest) -> FinalStatus | None:
        """Give the final status that this call brought about; None when there was one already.

        Raises TransientError or ConflictError when the queue must bring the request back.
        """
        lowest = 0  # what was found out about the rungs below need not be found out again
        for _ in range(MOST_LOOKS + len(request.fallback)):
            state = self._store.load(request)
            if state is None or state.status not in ("requested", "claimed"):
                return None  # it has ended, or the person was erased and all about this with them
            if state.status == "claimed":
                return self._close_old_claim(request, state)
            settings = self._catalog.settings(request.workspace_id)
            rungs = self._rungs(request)[max(state.rung, lowest) :]
            looked = self._look(request, rungs, state, settings)
            if looked is None:
                return None
            state, rung, decision = looked
            match decision:
                case Send():
                    above = rungs[rungs.index(rung) + 1 :]
                    status = self._send(rung, above, state, decision, settings)
                    if status == "next_rung":
                        lowest = rung.place + 1
                    elif status != "consents_changed":
                        return status
                case Suppress():
                    return self._suppress(rung.request, decision)
                case _:
                    assert_never(decision)
        raise TransientError("the consents of this person change all the time")

    def _look(
        self,
        request: MessageRequest,
        rungs: Sequence[Rung],
        state: MessageState,
        settings: WorkspaceSettings,
    ) -> tuple[MessageState, Rung, Decision] | None:
        """Decide, and where consent may be in the way once more on consents of one instant.

        None when the person was erased meanwhile.
        """
        rung, decision = self._decide(rungs, state, settings)
        if isinstance(decision, Send) or (len(rungs) == 1 and decision.reason not in _BY_CONSENT):
            return state, rung, decision
        again = self._store.look_again(request, state)
        return None if again is None else (again, *self._decide(rungs, again, settings))

    def _rungs(self, request: MessageRequest) -> list[Rung]:
        """The templates by which the message may go out, in their order."""
        rungs = enumerate(request.rungs())
        return [Rung(place, one, self._template(one)) for place, one in rungs]

    def _decide(
        self, rungs: Sequence[Rung], state: MessageState, settings: WorkspaceSettings
    ) -> tuple[Rung, Decision]:
        request = rungs[0].request
        status = self._catalog.journey_status(request.workspace_id, request.journey_id)
        return climb(rungs, state.person, settings, status)

    def _close_old_claim(self, request: MessageRequest, state: MessageState) -> FinalStatus:
        if state.claimed_at is not None and self._now() - state.claimed_at <= CLAIM_LEASE:
            raise TransientError("this message is being sent")
        return self._settle(
            request, Outcome(status="unknown", channel=state.channel, reason="interrupted")
        )

    def _send(
        self,
        rung: Rung,
        above: Sequence[Rung],
        state: MessageState,
        send: Send,
        settings: WorkspaceSettings,
    ) -> FinalStatus | Literal["consents_changed", "next_rung"]:
        """Send by one rung; `above` are those to go on to where that surely brought nothing."""
        request = rung.request
        local_now = self._now().astimezone(settings.zone)
        try:
            variables = variables_for(request, state.person.traits if send.personalised else {})
            content = render(send.template, variables, local_now)
        except InvalidInputError as error:
            why: Reason = "render_failed" if send.personalised else "no_personalisation"
            return self._suppress(request, Suppress(why, send.channel, str(error)))
        content = self._dressing.dress(content, request, send, state.person, settings)
        refusal = self._store.claim(request, state, send, self._now())
        if refusal == "consents_changed":
            return refusal
        if refusal == "suppressed" and above:
            return "next_rung"
        if refusal is not None:
            return self._suppress(request, Suppress(refusal, send.channel))
        answer = self._hand_over(request, send, content, settings)
        conclusion = conclude(answer, send.channel, state.attempts + 1)
        if isinstance(conclusion, TryAgain):
            self._store.release(request, conclusion.detail)
            raise TransientError("the provider takes no messages now")
        if conclusion.reason == "provider_rejected" and above:  # not one that was merely busy
            further, decision = self._decide(above, state, settings)
            if isinstance(decision, Send):
                self._store.go_on(request, conclusion.detail, further.place)
                return "next_rung"
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
        return self._handing.hand_over(handover, content, settings)

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

    def _template(self, request: MessageRequest) -> AnyTemplate | None:
        try:
            return self._catalog.template(request.workspace_id, request.template_id)
        except NotFoundError:
            return None
