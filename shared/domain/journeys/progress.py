"""Progress: reads an enrolment, decides, stores it under its version, and decides again if need be.

Whatever can move an enrolment (a call of its state machine, an event, time that is up) goes through
`change`, so one conditional write says who was first. What follows from a change is done after it
is stored and may be done again: redeem a task token, stop an execution, release listeners. So
a crash anywhere is mended by whoever comes next: the redelivered event or the retried Task.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from shared.domain.journeys.calls import answer, carry_on
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Effect, Listen, SendMessage
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.listeners import leftovers
from shared.domain.journeys.ports import (
    Change,
    Definitions,
    Enrolments,
    Executions,
    Persons,
    Ref,
    Stored,
    TaskToken,
)
from shared.domain.journeys.stimulus import Happened, Merged
from shared.domain.messages.model import MessageRequest
from shared.errors import ConflictError

# Everybody who loses a race reads again; with few actors to one enrolment, few rounds are enough.
TRIES: Final = 8

Decide = Callable[[Journey, Stored], Change | None]


class Progress:
    """Changes enrolments, one conditional write at a time."""

    def __init__(
        self,
        enrolments: Enrolments,
        definitions: Definitions,
        executions: Executions,
        persons: Persons,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant in whole milliseconds."""
        self.enrolments = enrolments
        self.executions = executions
        self.persons = persons
        self.now = now
        self._definitions = definitions

    def journey(self, enrolment: Enrolment) -> Journey:
        """The version of the journey that an enrolment runs under."""
        return self._definitions.journey(
            enrolment.workspace_id, enrolment.journey_id, enrolment.journey_version
        )

    def load(self, ref: Ref) -> tuple[Journey, Stored] | None:
        """The enrolment as it is now, with its journey."""
        stored = self.enrolments.load(ref)
        return (self.journey(stored.enrolment), stored) if stored else None

    def change(self, ref: Ref, decide: Decide) -> tuple[Journey, Stored] | None:
        """Store what `decide` makes of the enrolment, or leave it when that is None.

        Gives the enrolment as it is stored then; None when there is none (any more). Raises
        ConflictError when somebody else was faster every time.
        """
        for _ in range(TRIES):
            found = self.load(ref)
            if found is None:
                return None
            journey, stored = found
            change = decide(journey, stored)
            if change is None:
                return journey, stored
            try:
                return journey, self.enrolments.commit(stored, change)
            except ConflictError:
                continue
        raise ConflictError("the enrolment keeps changing", hint="try again later")

    def tell(self, ref: Ref, happened: Happened, step: str = "", visit: int = 0) -> Stored | None:
        """Let something that happened move the enrolment, and do what follows from that.

        `step` and `visit` are those of the listener that led here, if one did.
        """
        return self._move(ref, happened, (step, visit), happened.trigger)

    def give_way(self, ref: Ref, into: str) -> None:
        """End an enrolment because its person is in the journey by another one, `into`."""
        self._move(ref, Merged(into), ("", 0), "")

    def _move(
        self, ref: Ref, stimulus: Happened | Merged, stood: tuple[str, int], told_by: str
    ) -> Stored | None:
        def decide(journey: Journey, stored: Stored) -> Change | None:
            nonlocal stood
            before = stored.enrolment
            now = self.now()
            made = advance(journey, before, stimulus, now)
            if made.enrolment is before:
                return None
            stood = (before.at, before.visits.get(before.at, 0))
            made = carry_on(journey, made, None, now)
            return change_of(journey, made, now, stored.task)

        found = self.change(ref, decide)
        if found is None:
            return None
        journey, stored = found
        self.follow_up(journey, ref, stored, *stood, told_by=told_by)
        return stored

    def follow_up(
        self, journey: Journey, ref: Ref, stored: Stored, step: str, visit: int, told_by: str = ""
    ) -> None:
        """Do what follows once a visit of `step` may be over, as often as asked.

        The listener by whose trigger we were told goes last: until everything is done, whoever
        tells us again finds it.
        """
        enrolment, task = stored.enrolment, stored.task
        over = enrolment.status != "active"
        if over and enrolment.was_cut:
            self.executions.stop(stored.machine, ref, f"ended from outside: {enrolment.reason}")
        elif task and not _waits_in(enrolment, task):
            self.executions.redeem(task.token, self.answer(journey, enrolment, task.step, None))
        left = leftovers(journey, enrolment, step, visit)
        for listen in sorted(left, key=lambda listen: listen.trigger == told_by):
            self.enrolments.release(ref, listen, over=over)

    def answer(
        self, journey: Journey, enrolment: Enrolment, step: str, called: str | None
    ) -> dict[str, str | None]:
        """What a state machine is told about `step`; `called` when a call performed it."""
        given = answer(journey, enrolment, step, journey.step(called) if called else None)
        if given is None:
            raise ConflictError(f'the enrolment has not come to "{step}" yet')
        scale = self._definitions.time_scale(enrolment.workspace_id)
        return given.to_json(self.now(), scale)


def change_of(
    journey: Journey, made: Advance, now: datetime, task: TaskToken | None = None
) -> Change:
    """What is to be stored for an advance that was decided at `now`."""
    return Change(
        enrolment=made.enrolment,
        decided_at=now,
        listens=tuple(effect for effect in made.effects if isinstance(effect, Listen)),
        requests=tuple(requests(journey, made.enrolment, made.effects)),
        task=task,
    )


def requests(
    journey: Journey, enrolment: Enrolment, effects: tuple[Effect, ...]
) -> list[MessageRequest]:
    """The messages among the effects, as dispatch wants to know them."""
    return [
        MessageRequest(
            workspace_id=enrolment.workspace_id,
            profile_id=enrolment.profile_id,
            message_id=effect.message_id,
            enrolment_id=enrolment.enrolment_id,
            journey_id=enrolment.journey_id,
            journey_version=enrolment.journey_version,
            step=effect.step,
            visit=effect.visit,
            template_id=effect.template_id,
            purpose=journey.purpose,
            topic=journey.topic,
            requested_at=effect.requested_at,
        )
        for effect in effects
        if isinstance(effect, SendMessage)
    ]


def _waits_in(enrolment: Enrolment, task: TaskToken) -> bool:
    here = (enrolment.at, enrolment.visits.get(enrolment.at))
    return enrolment.phase == "waiting" and here == (task.step, task.visit)
