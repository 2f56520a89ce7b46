"""The clock `step_functions`: every enrolment is an execution of its journey's state machine."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from shared.domain.journeys.calls import answer, carry_on
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import Advance
from shared.domain.journeys.ports import (
    Change,
    Definitions,
    Executions,
    Folding,
    Ref,
    Stored,
    TaskToken,
)
from shared.domain.journeys.resuming import resumed
from shared.errors import ConflictError


class MachineClock:
    """Carries out what a call may, and tells the execution (the port `Clock`)."""

    def __init__(
        self, executions: Executions, definitions: Definitions, now: Callable[[], datetime]
    ) -> None:
        """Work over these ports; `now` gives the instant in whole milliseconds."""
        self.executions = executions
        self._definitions = definitions
        self._now = now

    def carry_on(self, journey: Journey, made: Advance, now: datetime) -> Advance:
        """Go on with what needs neither facts nor time: the rest is for the execution to ask."""
        return carry_on(journey, made, None, now)

    def wake_at(self, made: Advance, before: Stored | None, now: datetime) -> None:
        """The state machine itself knows when."""

    def keeping(
        self,
        before: Stored | None,  # noqa: ARG002 (as the port has it)
        change: Change,  # noqa: ARG002
    ) -> AbstractContextManager[None, bool | None]:
        """Nothing has to be kept beside an enrolment."""
        return nullcontext()

    def folding(
        self,
        changes: Sequence[Change],  # noqa: ARG002 (as the port has it)
    ) -> AbstractContextManager[Folding]:
        """Nothing has to be kept beside many, either."""
        return nullcontext(_Nothing())

    def begin(self, journey: Journey, ref: Ref, stored: Stored) -> None:
        """Start the execution, unless it was started before or nothing is left to do."""
        if stored.enrolment.status == "active":
            told = self.answer(journey, stored.enrolment, "", None)
            self.executions.start(stored.machine, ref, told)

    def resume(self, journey: Journey, ref: Ref, stored: Stored) -> None:
        """Start an execution where the enrolment stands, unless it was started before."""
        told = resumed(journey, stored.enrolment)
        scale = self.time_scale(ref.workspace_id)
        self.executions.start(stored.machine, ref, told.to_json(self._now(), scale))

    def follow_up(
        self,
        journey: Journey,
        ref: Ref,
        stored: Stored,
        place: int | None,  # noqa: ARG002 (as the port has it)
    ) -> None:
        """Stop the execution of what was ended from outside; redeem a token that nothing needs."""
        enrolment, task = stored.enrolment, stored.task
        if enrolment.status != "active" and enrolment.was_cut:
            self.executions.stop(stored.machine, ref, f"ended from outside: {enrolment.reason}")
        elif task and not self.waits_in(enrolment, task):
            self.executions.redeem(task.token, self.answer(journey, enrolment, task.step, None))

    def answer(
        self, journey: Journey, enrolment: Enrolment, step: str, called: str | None
    ) -> dict[str, Any]:
        """What a state machine is told about `step`; `called` when a call performed it."""
        given = answer(journey, enrolment, step, journey.step(called) if called else None)
        if given is None:
            raise ConflictError(f'the enrolment has not come to "{step}" yet')
        return given.to_json(self._now(), self.time_scale(enrolment.workspace_id))

    def time_scale(self, workspace_id: str) -> float:
        """What divides durations."""
        return self._definitions.time_scale(workspace_id)

    @staticmethod
    def waits_in(enrolment: Enrolment, task: TaskToken) -> bool:
        """Whether the enrolment stands in the wait that this Task keeps."""
        here = (enrolment.at, enrolment.visits.get(enrolment.at))
        return enrolment.phase == "waiting" and here == (task.step, task.visit)


class _Nothing:
    """No wake lies anywhere (the port `Folding`)."""

    def place(self, change: Change) -> Change:
        """The change as it is."""
        return change

    def keep(self, change: Change) -> None:
        """There is nothing to remember."""
