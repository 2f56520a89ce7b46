"""Walks one part of the profiles table, to count who is inside a journey or to move them.

How far it is and what came of it are written down together. So whoever carries a walk on after
a crash meets a few enrolments again that were moved already; they are counted where they were not.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from shared.aws.enrolment_scan import Cursor, EnrolmentScan, Found
from shared.aws.move_store import MoveStore
from shared.domain.journeys.move_job import MoveJob, Segment, Stage
from shared.domain.journeys.mover import Outcome
from shared.domain.journeys.moving import Moving, Place
from shared.domain.journeys.ports import Definitions, Ref
from shared.errors import ConflictError, TransientError

SAVED_EVERY: Final = 50
"""Enrolments after which it is written down how far a walk is."""


class Moves(Protocol):
    """What moves one enrolment (`mover.Mover`)."""

    def move(self, ref: Ref, moving: Moving, machine: str) -> Outcome:
        """Move it, as often as asked."""


@dataclass(frozen=True, slots=True)
class MoveEnrolments:
    """One part of a walk after the other; each may be walked again from where it stands."""

    store: MoveStore
    scan: EnrolmentScan
    mover: Moves
    definitions: Definitions
    now: Callable[[], datetime]
    log: Logger

    def walk(
        self,
        workspace_id: str,
        journey_id: str,
        number: int,
        segment: int,
        is_time_up: Callable[[], bool],
    ) -> bool:
        """Go on with a part until it is done or the time is up; says whether it is done.

        Raises TransientError when it has to be called again.
        """
        job = self.store.load(workspace_id, journey_id, number)
        part = self.store.segment(workspace_id, job, segment)
        moving = Moving(
            number,
            job.version,
            self.definitions.journey(workspace_id, journey_id, job.version),
            job.choices,
        )
        while not part.done and not is_time_up():
            page = self.scan.page(workspace_id, journey_id, segment, part.cursor)
            for place, found in enumerate(page.found, 1):
                self._take(job, moving, part, found)
                if place % SAVED_EVERY == 0 or is_time_up():
                    self._save(workspace_id, job, part, found.cursor)
                    if is_time_up():
                        return False
            part.done = page.cursor is None
            self._save(workspace_id, job, part, page.cursor)
        return part.done

    def finish(self, workspace_id: str, journey_id: str, number: int) -> MoveJob:
        """Close the walk when all its parts are done; raises TransientError before that."""
        job = self.store.load(workspace_id, journey_id, number)
        if job.is_over:
            return job
        if not self.store.whole(workspace_id, job, job.walk).done:
            raise TransientError("some parts of the walk are not done")
        over: Stage = "counted" if job.walk == "count" else "moved"
        after = replace(job, stage=over, finished_at=self.now())
        return self.store.advance(workspace_id, job, after)

    def _take(self, job: MoveJob, moving: Moving, part: Segment, found: Found) -> None:
        enrolment = found.stored.enrolment
        if job.walk == "count":
            if enrolment.status == "active":
                place = Place(enrolment.journey_version, enrolment.at, enrolment.phase)
                part.places[place] += 1
            return
        if not moving.concerns(enrolment) and moving.has_done(enrolment) is None:
            return
        try:
            outcome = self.mover.move(found.ref, moving, job.machine)
        except (ConflictError, TransientError):
            raise
        except Exception as error:  # whoever cannot be moved stays where he is, and keeps nobody up
            self.log.exception("enrolment not moved", extra=found.ref._asdict())
            part.fail(found.ref.enrolment_id, type(error).__name__)
            return
        part.outcomes[outcome] += 1

    def _save(self, workspace_id: str, job: MoveJob, part: Segment, cursor: Cursor | None) -> None:
        part.cursor = cursor
        self.store.put_segment(workspace_id, job, part)
