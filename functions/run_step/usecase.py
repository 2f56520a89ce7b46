"""Carries out what a state machine asks for; every call may be repeated and answers the same.

perform   a step's turn has come: do it, and all that needs no time and no call of its own
listen    register a wait_for with the token of its Task, then look for what came before that
time_out  what a step waits for was due: settle who was first, and answer that
"""

from functools import partial
from typing import Literal, assert_never

from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.calls import answer, carry_on
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import CUTS, Decision, Enrolment
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.kinds import AskingStep, WaitStep
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.ports import Change, Outbox, People, Ref, Stored, TaskToken
from shared.domain.journeys.progress import Decide, Progress, change_of
from shared.domain.journeys.stimulus import Facts, Perform, TimeUp
from shared.domain.journeys.ways import needs_facts
from shared.errors import EnrolmentEndedError, PermanentError

Action = Literal["perform", "listen", "time_out"]
Answer = dict[str, str | None]


class RunStep:
    """One call of a state machine."""

    def __init__(
        self, progress: Progress, clock: MachineClock, people: People, outbox: Outbox
    ) -> None:
        """Work over these ports; `clock` is the one of state machines."""
        self._progress = progress
        self._clock = clock
        self._people = people
        self._outbox = outbox

    def run(
        self, ref: Ref, step: str, action: Action, token: str, seen: int | None = None
    ) -> Answer | None:
        """Do what is asked; raises EnrolmentEndedError when the enrolment had ended before.

        `seen` is how many decisions the machine was told of. Where there are more, an earlier try
        of this call has made them; machines that were published before it was told have none.
        Gives the answer for the machine; a call that listens has none, its token brings it.
        """
        match action:
            case "perform":
                return self._perform(ref, step, seen)
            case "listen":
                self._listen(ref, step, token, seen)
                return None
            case "time_out":
                return self._time_out(ref, step, seen)
            case _:
                assert_never(action)

    def _perform(self, ref: Ref, step: str, seen: int | None) -> Answer:
        def decide(journey: Journey, stored: Stored) -> Change | None:
            made = self._begin(journey, stored.enrolment, step, seen)
            if made is None:
                _require_begun(stored.enrolment, step, seen)
                return None
            facts, now = partial(self._facts, made.enrolment), self._progress.now()
            made = carry_on(journey, made, journey.step(step), now, facts)
            return change_of(made, now)

        journey, stored = self._change(ref, seen, decide)
        self._hand_over(journey, stored.enrolment, step)
        if stored.enrolment.status != "active":
            self._progress.follow_up(journey, ref, stored, "", 0)
        return self._clock.answer(journey, stored.enrolment, step, step)

    def _listen(self, ref: Ref, step: str, token: str, seen: int | None) -> None:
        def decide(journey: Journey, stored: Stored) -> Change | None:
            enrolment, now = stored.enrolment, self._progress.now()
            _require_own_wait(enrolment, step, seen)
            if _waits_in(enrolment, step):  # the Task was tried before; its token may be new
                task = TaskToken(token, step, enrolment.visits[step])
                return None if task == stored.task else Change(enrolment, now, task=task)
            made = self._begin(journey, enrolment, step, seen)
            if made is None:
                _require_begun(enrolment, step, seen)
                _require_settled(journey, enrolment, step)
                return None
            task = TaskToken(token, step, made.enrolment.visits[step])
            return change_of(made, now, task)

        journey, stored = self._change(ref, seen, decide)
        self._hand_over(journey, stored.enrolment, step, "waiting")
        if _waits_in(stored.enrolment, step):
            self._look_back(ref, stored.enrolment, step)
            return
        self._clock.executions.redeem(
            token, self._clock.answer(journey, stored.enrolment, step, None)
        )
        self._progress.follow_up(journey, ref, stored, step, stored.enrolment.visits[step])

    def _look_back(self, ref: Ref, enrolment: Enrolment, step: str) -> None:
        """Find what came after the step before and before we listened; later events find us."""
        person = self._progress.persons.person(ref.workspace_id, ref.profile_id)
        if enrolment.waiting is None or person is None:
            return
        waiting = enrolment.waiting
        came = self._progress.happenings.since(person, waiting.triggers, waiting.since)
        for happened in came:
            stored = self._progress.tell(ref, happened, step, enrolment.visits[step])
            if stored is None or not _waits_in(stored.enrolment, step):
                return

    def _time_out(self, ref: Ref, step: str, seen: int | None) -> Answer:
        def decide(journey: Journey, stored: Stored) -> Change | None:
            enrolment, now = stored.enrolment, self._progress.now()
            _require_own_wait(enrolment, step, seen)
            due = TimeUp(step, enrolment.visits.get(step, 0))
            made = advance(journey, enrolment, due, now)
            if made.enrolment is enrolment:
                _require_settled(journey, enrolment, step)
                return None
            return change_of(carry_on(journey, made, None, now), now)

        journey, stored = self._change(ref, seen, decide)
        self._hand_over(journey, stored.enrolment, step, "timed_out")
        self._progress.follow_up(journey, ref, stored, step, stored.enrolment.visits[step])
        return self._clock.answer(journey, stored.enrolment, step, None)

    def _hand_over(
        self, journey: Journey, enrolment: Enrolment, step: str, decision: Decision | None = None
    ) -> None:
        """Hand over what the last decision at a step, or the last of a kind, asked for."""
        own = [
            entry
            for entry in enrolment.trace
            if entry.step == step
            and entry.version == enrolment.journey_version  # those of others are handed over
            and decision in (None, entry.decision)
        ]
        for request in asked_for(journey, enrolment, own[-1:]):
            self._outbox.send(request)

    def _begin(
        self, journey: Journey, enrolment: Enrolment, step: str, seen: int | None
    ) -> Advance | None:
        """The advance that carries out `step` if its turn has come, out of a wait before it too.

        The state machine calls for a step after a `wait` only when that wait is over. A retry must
        not end the wait that an earlier try has begun, where a circle leads to it again.
        """
        if seen is not None and enrolment.decided > seen:
            return None
        now, visits = self._progress.now(), enrolment.visits
        before = journey.step(enrolment.at)
        if isinstance(before, WaitStep) and journey.target(before.name, before.next) == step:
            due = TimeUp(before.name, visits.get(before.name, 0))
            enrolment = advance(journey, enrolment, due, now).enrolment
        found = journey.step(step)
        facts = self._facts(enrolment, found) if needs_facts(found) else None
        made = advance(journey, enrolment, Perform(step, facts), now)
        return None if made.enrolment is enrolment else made

    def _facts(self, enrolment: Enrolment, step: AskingStep) -> Facts:
        return self._people.facts(
            enrolment.workspace_id, enrolment.profile_id, step, enrolment.clock_at
        )

    def _change(self, ref: Ref, seen: int | None, decide: Decide) -> tuple[Journey, Stored]:
        """Change an enrolment that goes on by the execution that calls.

        One that was moved to another version goes on by a new execution, or by the other clock. The
        old one is stopped for that, but it may have called before, or nobody came to stop it.
        """

        def own(journey: Journey, stored: Stored) -> Change | None:
            if stored.enrolment.moved_since(seen):
                raise EnrolmentEndedError("the enrolment was moved to another version")
            return decide(journey, stored)

        found = self._progress.change(ref, own)
        if found is None:
            raise EnrolmentEndedError("there is no such enrolment")
        return found


def _waits_in(enrolment: Enrolment, step: str) -> bool:
    return enrolment.phase == "waiting" and enrolment.at == step


def _require_own_wait(enrolment: Enrolment, step: str, seen: int | None) -> None:
    """The wait of a later visit belongs to another execution, or to a later call of this one.

    So a call that comes late neither ends it before its time nor takes over its token.
    """
    if enrolment.at == step and enrolment.waits_anew(seen):
        raise EnrolmentEndedError(f'the enrolment went on, and came to "{step}" again')


def _require_begun(enrolment: Enrolment, step: str, seen: int | None) -> None:
    """A repeated call finds its step in the trace; anything else is an end or a mistake."""
    own = [entry.step for entry in enrolment.trace if entry.decision not in CUTS]
    if step not in own[seen or 0 :]:
        raise _not_at(enrolment, step)


def _require_settled(journey: Journey, enrolment: Enrolment, step: str) -> None:
    """A wait that is over has led on, be it to itself again, or the enrolment ended in it."""
    given = answer(journey, enrolment, step, None)
    if given is None or (given.next == step and given.due is not None):
        raise _not_at(enrolment, step)


def _not_at(enrolment: Enrolment, step: str) -> EnrolmentEndedError | PermanentError:
    if enrolment.status != "active":
        return EnrolmentEndedError(f"the enrolment ended: {enrolment.reason}")
    return PermanentError(f'the enrolment stands at "{enrolment.at}", not at "{step}"')
