"""Tells and counts what became of enrolments: what their own rows say is read off the stream.

An event that tells of an enrolment has a key that follows from it, so to tell it again changes
nothing; counting again is seen to by `JourneyCounts`. Telling comes first: should it break, the
same changes come again. With it, tasks are withdrawn that nobody waits for any more.

Nothing is told of somebody who is gone; who is erased just then is swept once more when all that
began before has ended. The counts name nobody.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from shared.aws import keys
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.items import from_stream
from shared.aws.journey_counts import Change, JourneyCounts
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.aws.task_store import TaskStore
from shared.domain.instants import parse_instant
from shared.domain.journeys.counting import deltas
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.milestones import told_by
from shared.domain.journeys.withdrawn import withdrawn

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """An enrolment after a change; `told` of its decisions were there before."""

    enrolment: Enrolment
    version: int
    told: int
    decided_at: datetime

    def to_count(self) -> Change:
        """What the change adds."""
        one = self.enrolment
        added = deltas(one, self.told)
        ids = one.workspace_id, one.profile_id, one.enrolment_id
        return Change(*ids, self.version, one.journey_id, added)


@dataclass(frozen=True, slots=True)
class EnrolmentNews:
    """Where news of enrolments go."""

    people: PersonReader
    profiles: ProfileStore
    counts: JourneyCounts
    tasks: TaskStore

    def take_in(self, records: Iterable[Record], now: Callable[[], datetime], log: Logger) -> int:
        """Tell and count the changes of a batch; gives how many could not be read.

        Those are not counted, and neither is what comes with them: they are cut out of the batch.
        Raises TransientError when the batch must come again.
        """
        moved, unreadable = _read(records, log)
        self._tell(moved)
        if not unreadable:
            self.counts.count([one.to_count() for one in moved], now())
        return unreadable

    def _tell(self, moved: Iterable[Moved]) -> None:
        for one in moved:
            enrolment = one.enrolment
            events = list(told_by(enrolment, one.told, one.decided_at))
            ids = enrolment.workspace_id, enrolment.profile_id
            if events and self.people.person(*ids):
                for event in events:
                    self.profiles.add_event(enrolment.profile_id, event)
            for task_id in withdrawn(enrolment, one.told):
                self.tasks.withdraw(*ids, task_id, one.decided_at)


def _read(records: Iterable[Record], log: Logger) -> tuple[list[Moved], int]:
    moved: list[Moved] = []
    unreadable = 0
    for record in records:
        if not _is_enrolment(record):
            continue
        try:
            moved.extend(_news(record))
        except Exception:
            place = record["dynamodb"]["SequenceNumber"]
            log.exception("enrolment cannot be read", extra={"sequence_number": place})
            unreadable += 1
    return moved, unreadable


def _is_enrolment(record: Record) -> bool:
    sort_key = str(record["dynamodb"]["Keys"]["sk"]["S"])
    return record["eventName"] != "REMOVE" and sort_key.startswith(keys.ENROLMENT_PREFIX)


def _news(record: Record) -> Iterator[Moved]:
    """The change of an enrolment, unless it decided nothing: a new token, a row that made way."""
    row = from_stream(record["dynamodb"]["NewImage"])
    enrolment = enrolment_of(row)
    told = row.get("told", len(enrolment.trace))  # rows from before were told and counted as stored
    if told < len(enrolment.trace):
        decided_at = parse_instant(row["decided_at"])
        yield Moved(enrolment, row["version"], told, decided_at)
