"""Moves from the admin API: begun, chosen for, carried on; each step is written down first.

What could not be started after it was written down is started by whoever asks the same again.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shared.aws.catalog_writer import Definition, Edit
from shared.aws.meanings import JOURNEY
from shared.aws.move_machine import MoveMachine
from shared.aws.move_store import MoveStore
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.move_job import MoveJob, Stage
from shared.domain.journeys.moving import Choices, Line, choice_problems, plan
from shared.errors import ConflictError, InvalidInputError

# (journey, version) → ARN of the machine for those who are moved to it.
PublishMoved = Callable[[Journey, int], str]

AT_WORK: Final[tuple[Stage, ...]] = ("counting", "moving")


@dataclass(frozen=True, slots=True)
class MoveDesk:
    """Where moves are begun; every method raises TransientError, and may be repeated then."""

    store: MoveStore
    machine: MoveMachine
    publish_moved: PublishMoved
    delete_machines: Callable[[str], None]
    now: Callable[[], datetime]

    def count(self, workspace_id: str, journey: Definition) -> MoveJob:
        """Begin a move to the published version: who is inside is counted first."""
        return self._begin(workspace_id, journey, "counting", Choices())

    def take_out(self, workspace_id: str, journey: Definition) -> MoveJob:
        """End everybody who is inside, under whichever version."""
        return self._begin(workspace_id, journey, "moving", Choices(all_out=True))

    def run(self, workspace_id: str, edit: Edit, job: MoveJob, choices: Choices) -> MoveJob:
        """Move those who were counted; raises InvalidInputError where a choice is missing."""
        if job.stage == "moving" and job.choices == choices:
            self.machine.start(workspace_id, job)
            return job
        newest = self.store.newest(workspace_id, job.journey_id)
        if job.stage != "counted" or newest is None or newest.number != job.number:
            raise ConflictError(f"move {job.number} is {job.stage}", hint="begin another move")
        definition = edit.find("JOURNEY", job.journey_id)
        if definition is None or definition.published_version != job.version:
            raise ConflictError(
                "another version was published since", hint="count again, then move"
            )
        journey = self.journey(edit, definition, job.version)
        lines = self.lines(workspace_id, edit, job, choices)
        if problems := tuple(choice_problems(choices, lines, journey)):
            raise InvalidInputError(
                problems[0].message, where=problems[0].path, details=[p.detail for p in problems]
            )
        machine = ""
        if journey.clock == "step_functions":
            machine = self.publish_moved(journey, job.version)
        moving = replace(
            job, stage="moving", attempt=0, choices=choices, machine=machine, finished_at=None
        )
        return self._start(workspace_id, self.store.advance(workspace_id, job, moving))

    def retry(self, workspace_id: str, job: MoveJob) -> MoveJob:
        """Carry a walk on that did not come to its end; raises ConflictError for any other."""
        if job.is_over:
            raise ConflictError(f"move {job.number} is {job.stage}, there is nothing to carry on")
        if self.machine.lost(workspace_id, job) is None:
            raise ConflictError(f"move {job.number} is still at work")
        again = replace(job, attempt=job.attempt + 1)
        return self._start(workspace_id, self.store.advance(workspace_id, job, again))

    def lines(
        self, workspace_id: str, edit: Edit, job: MoveJob, choices: Choices
    ) -> tuple[Line, ...]:
        """Who was counted under older versions, and what becomes of them by these choices."""
        older = self.store.whole(workspace_id, job, "count").older(job.version)
        definition = edit.find("JOURNEY", job.journey_id)
        if definition is None or not older:
            return ()
        versions = {
            version: self.journey(edit, definition, version)
            for version in {place.version for place in older}
        }
        new = self.journey(edit, definition, job.version)
        return plan(older, versions, new, choices)

    def journey(self, edit: Edit, definition: Definition, version: int) -> Journey:
        """A certain version of a journey."""
        return JOURNEY.validate_json(edit.body_of(definition, version))

    def nobody_is_inside(self, workspace_id: str, journey: Definition) -> bool:
        """Say whether a walk that was begun after the journey was archived has found nobody."""
        job = self.store.newest(workspace_id, journey.definition_id)
        if job is None or not job.is_over or job.requested_at <= _instant(journey.updated_at):
            return False
        whole = self.store.whole(workspace_id, job, job.walk)
        if job.walk == "count":
            return whole.inside == 0
        return job.choices.all_out and not any(whole.left())

    def _begin(
        self, workspace_id: str, journey: Definition, stage: Stage, choices: Choices
    ) -> MoveJob:
        if journey.published_version is None:
            raise ConflictError("the journey was never published, so nobody is inside")
        newest = self.store.newest(workspace_id, journey.definition_id)
        if newest and newest.stage in AT_WORK:
            if newest.stage == stage and newest.choices == choices:
                return self._start(workspace_id, newest)
            raise ConflictError(
                f"move {newest.number} is {newest.stage}", hint="wait for it, or carry it on"
            )
        job = MoveJob(
            journey_id=journey.definition_id,
            number=newest.number + 1 if newest else 1,
            version=journey.published_version,
            requested_at=self.now(),
            stage=stage,
            choices=choices,
        )
        return self._start(workspace_id, self.store.add(workspace_id, job))

    def _start(self, workspace_id: str, job: MoveJob) -> MoveJob:
        self.machine.start(workspace_id, job)
        return job


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
