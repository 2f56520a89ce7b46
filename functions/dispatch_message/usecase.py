"""Decides on one message at the last instant, claims it, sends it once and writes the outcome.

What may not go out yet is put off: it comes back by the due index and is decided on again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final, Literal, NamedTuple, assert_never

from functions.dispatch_message.dressing import Dressing
from functions.dispatch_message.ending import Ending, Later
from functions.dispatch_message.handing import Handing
from functions.dispatch_message.paying import Charge, Paying
from functions.dispatch_message.rungs import rungs_of
from shared.aws.catalog import CatalogReader
from shared.aws.message_state import MessageState, Wanted
from shared.aws.message_store import MessageStore, Refusal
from shared.domain.journeys.clock import to_milliseconds, wall_wake
from shared.domain.messages.decision import (
    Decision,
    Defer,
    Rung,
    Send,
    Suppress,
    climb,
)
from shared.domain.messages.handover import Answer, Content
from shared.domain.messages.lanes import ids_of, name_of
from shared.domain.messages.model import Channel, MessageRequest
from shared.domain.messages.outcome import FinalStatus, TryAgain, conclude
from shared.domain.messages.reasons import Reason
from shared.domain.messages.render import render, variables_for
from shared.domain.messages.timing import Moment, contacts_of, counts_at, moment_of
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError, TransientError

MOST_LOOKS: Final = 5  # at a person whose consents or contacts change between decision and claim
_OPEN: Final = ("requested", "deferred", "claimed", "unknown")  # what may still be sent
_BY_CONSENT: Final = ("no_consent", "no_personalisation")
DispatchStatus = FinalStatus | Literal["deferred"]


class _Again(NamedTuple):
    """Something has changed: decide once more, without the templates at the places `out`."""

    out: frozenset[int] = frozenset()


class _Look(NamedTuple):
    """One look at a message: all that it is decided on by."""

    request: MessageRequest
    rungs: Sequence[Rung]  # those that it may still go by, the lowest first
    state: MessageState
    settings: WorkspaceSettings
    moment: Moment

    def above(self, rung: Rung) -> Sequence[Rung]:
        """The rungs to go on to where this one surely brought nothing."""
        return self.rungs[self.rungs.index(rung) + 1 :]

    def others(self, rung: Rung) -> Sequence[Rung]:
        """All rungs but this one, some of which may have to wait."""
        return [one for one in self.rungs if one.place != rung.place]


class Dispatch:
    """Brings one requested message to its final status."""

    def __init__(
        self,
        catalog: CatalogReader,
        store: MessageStore,
        handing: Handing,
        dressing: Dressing,
        paying: Paying,
        later: Later,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._catalog = catalog
        self._store = store
        self._handing = handing
        self._dressing = dressing
        self._paying = paying
        self._later = later
        self._now = now
        self._ending = Ending(catalog, store, later, now)

    def wake(self, workspace_id: str, name: str, due_at: datetime) -> DispatchStatus | None:
        """Decide again on a message that was put off until `due_at`, by its name in the due index.

        As `dispatch`; None also where there is no such message any more.
        """
        request = self._store.asked_for(workspace_id, *ids_of(name))
        return None if request is None else self.dispatch(request, due_at)

    def dispatch(
        self, request: MessageRequest, due_at: datetime | None = None
    ) -> DispatchStatus | None:
        """Give the status that this call brought about; None when it made no difference.

        `due_at` is the instant that has come, whatever our own clock says. Raises TransientError or
        ConflictError when the queue must bring the request back.
        """
        settings = self._catalog.settings(request.workspace_id)
        if settings.restoring:  # the table may not know yet what was sent before it was lost
            raise TransientError("people are made again from the lake; nothing is sent meanwhile")
        ladder = rungs_of(self._catalog, request)
        wanted = Wanted(*contacts_of([(one.request, one.template) for one in ladder], settings))
        out = frozenset[int]()  # what was found out about a rung need not be found out again
        for _ in range(MOST_LOOKS + len(request.fallback)):
            state = self._store.load(request, wanted)
            if state is None or state.status not in _OPEN:
                return None  # it has ended, or the person was erased and all about this with them
            if state.status == "claimed":
                return self._ending.close_old_claim(request, state)
            now = to_milliseconds(max(self._now(), due_at or self._now()))
            if state.status == "unknown":
                known = self._see_to_unknown(request, state, now)
                if not isinstance(known, _Again):
                    return known
                continue  # it is as if it had just been asked for
            if state.until is not None and now < state.until:
                return None  # it will come back by itself
            if state.paid is not None:  # by somebody who never came to the claim
                self._paying.give_back(request, state.paid)
            moment = moment_of(request, settings, state.begins(settings), state.kept_by, now)
            left = ladder[state.rung :]
            rungs = [one for one in left if one.place not in out] or left
            status = self._turn(_Look(request, rungs, state, settings, moment))
            if not isinstance(status, _Again):
                return status
            out |= status.out
        raise TransientError("the consents or contacts of this person change all the time")

    def _turn(self, look: _Look) -> DispatchStatus | _Again | None:
        decided = self._settle_on(look)
        if decided is None:
            return None
        look, rung, decision = decided
        match decision:
            case Send():
                return self._send(look, rung, decision)
            case Defer():
                return self._defer(look, rung, decision)
            case Suppress():
                return self._ending.suppress(rung.request, decision, look.state)
            case _:
                assert_never(decision)

    def _settle_on(self, look: _Look) -> tuple[_Look, Rung, Decision] | None:
        """Decide, and where consent may be in the way once more on consents of one instant.

        None when the person was erased meanwhile.
        """
        rung, decision = self._decide(look, look.rungs)
        if not isinstance(decision, Suppress):
            return look, rung, decision
        if len(look.rungs) == 1 and decision.reason not in _BY_CONSENT:
            return look, rung, decision
        again = self._store.look_again(look.request, look.state)
        if again is None:
            return None
        look = look._replace(state=again)
        return (look, *self._decide(look, look.rungs))

    def _decide(self, look: _Look, rungs: Sequence[Rung]) -> tuple[Rung, Decision]:
        request = rungs[0].request
        status = self._catalog.journey_status(request.workspace_id, request.journey_id)
        return climb(rungs, look.state.person, look.settings, status, look.moment)

    def _defer(self, look: _Look, rung: Rung, put_off: Defer) -> DispatchStatus | _Again:
        """Put a message off; the due index knows of it before it is stored."""
        request, now, scale = look.request, look.moment.wall, look.settings.time_scale
        until = to_milliseconds(wall_wake(put_off.until, look.moment.now, now, scale))
        with self._later.mirror(request.workspace_id, name_of(request), None, until, now):
            refusal = self._store.defer(request, look.state, replace(put_off, until=until), now)
        if refusal is None:
            return "deferred"
        return self._refused(rung.request, refusal, put_off.channel, look.state)

    def _refused(
        self, request: MessageRequest, refusal: Refusal, channel: Channel, state: MessageState
    ) -> FinalStatus | _Again:
        """What follows from a refusal of the store: it is decided again, or not sent."""
        if refusal == "consents_changed" or refusal == "contacts_changed":
            return _Again()
        return self._ending.suppress(request, Suppress(refusal, channel), state)

    def _see_to_unknown(
        self, request: MessageRequest, state: MessageState, now: datetime
    ) -> DispatchStatus | _Again | None:
        """Find out about a message of which nobody knows, or let it go once more, in time."""
        if state.again_at is None or now < state.again_at:
            return None
        if self._handing.lies(request, state.channel):
            return self._ending.settle_as_laid(request)
        return _Again() if self._store.send_again(request, state) else None

    def _send(self, look: _Look, rung: Rung, send: Send) -> DispatchStatus | _Again | None:
        """Send by one rung.

        What makes the row of a message is told of the whole request, so that whoever wakes it
        finds all its rungs there.
        """
        own, (request, _, state, settings, moment) = rung.request, look
        try:
            variables = variables_for(own, state.person.traits, personalised=send.personalised)
            content = render(send.template, variables, self._now().astimezone(settings.zone))
        except InvalidInputError as error:
            return self._not_rendered(look, rung, send, error)
        had_turn = state.kept_by == "throughput"
        back = self._handing.stands_back(own, send.channel, had_turn=had_turn)
        if back is not None:  # by the clock on the wall, whatever that of the journey is
            turn = Defer(moment.now + back * settings.time_scale, "throughput", send.channel)
            return self._defer(look, rung, turn)
        content = self._dressing.dress(content, own, send, state.person, settings)
        status, channel = state.status, send.channel
        charge = self._paying.charge(request, status, channel, content, settings, moment.wall)
        if charge is None:
            return self._ending.suppress(own, Suppress("money_budget", send.channel), state)
        versioned = replace(send, template_version=rung.version)
        return self._go_out(look, rung, versioned, content, charge)

    def _not_rendered(
        self, look: _Look, rung: Rung, send: Send, error: InvalidInputError
    ) -> FinalStatus | _Again | None:
        """What this rung cannot say to this person another may: nothing is claimed so far.

        It is not sent for this reason only where no other could bring it, now or later.
        """
        if others := look.others(rung):
            decided = self._settle_on(look._replace(rungs=others))
            if decided is None:
                return None
            if not isinstance(decided[2], Suppress):
                return _Again(frozenset({rung.place}))
        why: Reason = "render_failed" if send.personalised else "no_personalisation"
        missing = Suppress(why, send.channel, str(error))
        return self._ending.suppress(rung.request, missing, look.state)

    def _go_out(
        self, look: _Look, rung: Rung, send: Send, content: Content, charge: Charge
    ) -> FinalStatus | _Again:
        """Claim the message and hand it over; what is not sent costs its journey nothing."""
        own, (request, _, state, settings, moment) = rung.request, look
        above = look.above(rung)
        counts = partial(counts_at, settings, state.person.traits, moment.now)
        try:
            refusal = self._store.claim(request, state, send, moment.wall, counts, charge.paid)
        except Exception:
            charge.undo()
            raise
        if refusal is not None:
            charge.undo()
        if refusal == "suppressed" and above:
            return _Again(frozenset(range(rung.place + 1)))
        if refusal is not None:
            return self._refused(own, refusal, send.channel, state)
        answer = self._hand_over(own, send, content, settings)
        conclusion = conclude(answer, send.channel, state.attempts + 1)
        if isinstance(conclusion, TryAgain):
            self._store.release(own, conclusion.detail, send)
            charge.undo()
            raise TransientError("the provider takes no messages now")
        if conclusion.reason == "provider_rejected" and above:  # not one that was merely busy
            further, decision = self._decide(look, above)
            if not isinstance(decision, Suppress):
                self._store.go_on(own, conclusion.detail, further.place, send)
                charge.undo()
                return _Again(frozenset(range(rung.place + 1)))
        if conclusion.status == "rejected":
            self._store.forget_contact(own, state)
            charge.undo()
        if conclusion.reason == "provider_unavailable":
            self._store.give_back_window(own, send.window)
        return self._ending.settle(own, conclusion, state, send)

    def _hand_over(
        self, request: MessageRequest, send: Send, content: Content, settings: WorkspaceSettings
    ) -> Answer:
        return self._handing.hand_over(request, send.address, send.channel, content, settings)
