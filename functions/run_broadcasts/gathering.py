"""Finds out who is in a broadcast, once, and writes them into files of batches by wave."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from shared.aws.audience_queries import AudienceQueries
from shared.aws.broadcast_files import BroadcastFiles, folder_of
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.catalog import CatalogReader
from shared.aws.person_reader import PersonReader
from shared.aws.query_results import QueryResults
from shared.domain.audiences.model import CONDITION
from shared.domain.broadcasts.model import BATCH, Broadcast
from shared.domain.broadcasts.waves import Sorting
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.local_time import own_zone

PATIENCE_SECONDS: Final = 600.0
_READERS: Final = 8
_AT_ONCE: Final = 100  # people of one reader


@dataclass(frozen=True, slots=True)
class Gather:
    """May be repeated: what a gathering that died had written lies in a folder of its own."""

    store: BroadcastStore
    files: BroadcastFiles
    queries: AudienceQueries
    results: QueryResults
    persons: PersonReader
    catalog: CatalogReader
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def gather(self, workspace_id: str, broadcast_id: str) -> int:
        """Write down everybody who matches now; gives how many there are."""
        one = self.store.load(workspace_id, broadcast_id)
        if one.folder:
            return one.people
        at = to_milliseconds(self.now())
        condition = CONDITION.validate_json(one.condition)
        address = self.queries.result_of(workspace_id, condition, at)
        ids = (row["profile_id"] for row in self.results.rows(address))
        folder = folder_of(workspace_id, broadcast_id, self.new_id())
        sorting = Sorting(one, at)
        self._write(folder, sorting, self._zoned(workspace_id, one, ids))
        after = self.store.gathered(workspace_id, broadcast_id, folder, at, sorting.waves)
        return (after or self.store.load(workspace_id, broadcast_id)).people

    def _write(self, folder: str, sorting: Sorting, people: Iterable[tuple[str, ZoneInfo]]) -> None:
        waiting: dict[int, list[str]] = {}
        written: dict[int, int] = {}

        def flush(wave: int) -> None:
            batch = written.get(wave, 0)
            self.files.write_batch(folder, wave, batch, waiting.pop(wave))
            written[wave] = batch + 1

        for profile_id, zone in people:
            wave = sorting.place(profile_id, zone)
            waiting.setdefault(wave, []).append(profile_id)
            if len(waiting[wave]) == BATCH:
                flush(wave)
        for wave in list(waiting):
            flush(wave)

    def _zoned(
        self, workspace_id: str, one: Broadcast, ids: Iterable[str]
    ) -> Iterator[tuple[str, ZoneInfo]]:
        """People with the zones that they live in; who they are is read only if that matters."""
        zone = self.catalog.settings(workspace_id).zone
        if not one.local_time:
            yield from ((profile_id, zone) for profile_id in ids)
            return

        def read(chunk: list[str]) -> list[tuple[str, ZoneInfo]]:
            traits = self.persons.traits_of(workspace_id, chunk)
            return [(each, own_zone(known, zone)) for each, known in traits.items()]

        # A few chunks ahead of what is written, and no more of them in memory.
        waiting = iter(ids)
        read_ahead: deque[Future[list[tuple[str, ZoneInfo]]]] = deque()
        with ThreadPoolExecutor(_READERS) as readers:
            while (chunk := list(islice(waiting, _AT_ONCE))) or read_ahead:
                if chunk:
                    read_ahead.append(readers.submit(read, chunk))
                if not chunk or len(read_ahead) > _READERS:
                    yield from read_ahead.popleft().result()
