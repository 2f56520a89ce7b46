"""Imports a file: rows become events, applied as those of the API are; goes on where it stopped.

A checkpoint follows every chunk of rows. Events carry ids that depend on the file alone, and the
rejected rows of a chunk have a file of their own, so doing a chunk again changes nothing; the
checkpoint moves only from where this worker found it, so a chunk counts once. Of two workers on one
import the slower one finds that the checkpoint has moved, and leaves.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Final, Protocol, TypeVar
from zlib import crc32
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger

from functions.import_records.opening import OpenFile, open_file
from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles
from shared.domain.events.model import Event
from shared.domain.identity.applying import Applied
from shared.domain.identity.graph import Proof
from shared.domain.imports import rejected
from shared.domain.imports.mapping import Mapper, Origin
from shared.domain.imports.progress import OPEN, Import
from shared.domain.imports.reading import Row
from shared.domain.imports.rejected import RejectedRow, RowError
from shared.errors import ConflictError, PermanentError, TransientError

CHUNK_ROWS: Final = 500
# Applying is waiting for DynamoDB, mostly, so a few people's events are applied side by side.
THREADS: Final = 8
ATTEMPTS: Final = 3  # at events that failed for now, before the whole import waits for its retry
REFUSED_REMEDY: Final = "correct the identifiers, or leave the row out"

T = TypeVar("T")


class EventApplier(Protocol):
    """Finds the person of each event and writes the event down, once, as for the queue."""

    def apply(self, events: Sequence[Event], *, proof: Proof | None = None) -> Applied:
        """Apply events of any people; safe to repeat, and to do in several threads."""


class Continuation(Protocol):
    """Where an import goes on."""

    def send_json(self, payload: object) -> None:
        """Ask for another turn; raises TransientError."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside that importing touches."""

    jobs: ImportStore
    files: ImportFiles
    applier: EventApplier
    queue: Continuation
    now: Callable[[], datetime]
    log: Logger
    threads: int = THREADS


class ImportRecords:
    """One turn at one import."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.counts: Counter[str] = Counter()

    def run(self, workspace_id: str, import_id: str, is_time_up: Callable[[], bool]) -> None:
        """Import until the file or the time is over; then the rest has been asked for.

        Raises TransientError when it must be tried again; the import goes on where it stopped.
        """
        job = self._ports.jobs.find(workspace_id, import_id)
        if job is None or job.status not in OPEN:
            return  # done, given up, or deleted: a message came twice
        try:
            self._run(job, is_time_up)
        except ConflictError:
            self._ports.log.info("another worker is ahead", extra={"import_id": import_id})
        except PermanentError as error:
            self._fail(workspace_id, import_id, f"{error}")

    def _run(self, job: Import, is_time_up: Callable[[], bool]) -> None:
        with open_file(self._ports.files, job) as file:
            mapper = Mapper(job.definition, origin_of(job))
            for rows in chunks(file.rows, CHUNK_ROWS):
                job = self._take(job, file, mapper, rows)
                if is_time_up():
                    message = {"workspace_id": job.workspace_id, "import_id": job.import_id}
                    self._ports.queue.send_json(message)
                    return
        self._ports.files.join_parts(job, rejected.header())
        done = replace(job, status="completed", read=job.size)
        self._ports.jobs.move(job, done, self._ports.now())
        self._ports.files.delete_upload(job)

    def _take(self, job: Import, file: OpenFile, mapper: Mapper, rows: Sequence[Row]) -> Import:
        accepted: list[tuple[Row, Event]] = []
        refused: list[RejectedRow] = []
        for row in rows:
            try:
                accepted.append((row, mapper.event(row)))
            except RowError as error:
                refused.append(RejectedRow.because(error, row.number, row.values))
        if not job.dry_run:
            reasons = self._apply([event for _, event in accepted])
            for index, reason in sorted(reasons.items()):
                row = accepted[index][0]
                refused.append(RejectedRow(row.number, "", reason, REFUSED_REMEDY, row.values))
        if refused:
            refused.sort(key=lambda each: each.row)
            self._ports.files.put_part(job, rejected.to_csv(refused))
        after = job.further(
            rows[-1].after, rows=len(rows), rejected=len(refused), read=file.read_bytes()
        )
        self.counts["RowsRejected"] += len(refused)
        return self._ports.jobs.move(job, after, self._ports.now())

    def _apply(self, events: Sequence[Event]) -> dict[int, str]:
        """Apply all; gives why some can never be, by index. Raises TransientError."""
        refused: dict[int, str] = {}
        left = list(range(len(events)))
        for _ in range(ATTEMPTS):
            if not left:
                return refused
            left = self._apply_once(events, left, refused)
        if left:
            raise TransientError(f"{len(left)} rows could not be applied for now")
        return refused

    def _apply_once(
        self, events: Sequence[Event], left: Sequence[int], refused: dict[int, str]
    ) -> list[int]:
        """Apply events side by side, those of one identifier together; gives those that failed."""
        hands: dict[int, list[int]] = {}
        for index in left:
            hands.setdefault(_hand(events[index], self._ports.threads), []).append(index)

        def apply(indexes: list[int]) -> list[int]:
            applied = self._ports.applier.apply([events[i] for i in indexes], proof="import")
            self.counts.update(applied.counts)
            refused.update({indexes[i]: reason for i, reason in applied.refused.items()})
            return [indexes[i] for i in applied.failed]

        if len(hands) == 1:
            return [index for indexes in hands.values() for index in apply(indexes)]
        with ThreadPoolExecutor(len(hands)) as pool:
            return sorted(index for failed in pool.map(apply, hands.values()) for index in failed)

    def _fail(self, workspace_id: str, import_id: str, reason: str) -> None:
        """Give up for good, with what was rejected so far in one file."""
        job = self._ports.jobs.find(workspace_id, import_id)
        if job is None or job.status not in OPEN:
            return
        self._ports.log.warning("import failed", extra={"import_id": import_id})
        self._ports.files.join_parts(job, rejected.header())
        failed = replace(job, status="failed", reason=reason)
        self._ports.jobs.move(job, failed, self._ports.now())


def origin_of(job: Import) -> Origin:
    """What the events of an import have in common."""
    return Origin(job.workspace_id, job.import_id, ZoneInfo(job.timezone), job.created_at)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut anything into lists of at most `size`, one at a time."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _hand(event: Event, hands: int) -> int:
    """Which thread takes an event; those that name somebody first in the same way share one."""
    first = event.user_id or event.anonymous_id or str(event.context.get("externalIds"))
    return crc32(first.encode()) % hands
