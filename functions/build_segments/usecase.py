"""What the machine of builds asks for: a list of everybody, a list of latecomers, and a report."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.build_segments.counting import Counting
from shared.aws.athena import Athena
from shared.aws.build_files import BuildFiles, File, Round
from shared.aws.build_store import BuildStore
from shared.aws.query_results import QueryResults
from shared.domain.builds.batches import Batches
from shared.domain.builds.model import Build
from shared.domain.instants import format_instant
from shared.domain.lake import sql

# A list is one scan of the lake's strands; a report one of their events.
PATIENCE_SECONDS = 600.0
_BUILDS_LOOKED_AT = 100  # to find the last one that was done


@dataclass(frozen=True, slots=True)
class BuildSegments:
    """Carries out the tasks of the machine; each may be repeated."""

    builds: BuildStore
    athena: Athena
    results: QueryResults
    files: BuildFiles
    counting: Counting
    lag: timedelta
    now: Callable[[], datetime]

    def people(self, workspace_id: str, number: int) -> dict[str, Any]:
        """List everybody whom the lake knows; nobody when a newer build does all of this one."""
        build = self.builds.load(workspace_id, number)
        newest = self.builds.newest(workspace_id)
        if newest and newest.number > number:
            over = replace(
                build, stage="superseded", superseded_by=newest.number, finished_at=self.now()
            )
            self.builds.put(workspace_id, over)
            return self._answer(None, 0, superseded=True)
        build = replace(build, listed_at=self.now())
        file, batches = self._list(workspace_id, number, "people", sql.people(workspace_id))
        after = replace(build, stage="judging", people=batches.people, batches=batches.count)
        self.builds.put(workspace_id, after)
        return self._answer(after, batches.count, file=file)

    def latecomers(self, workspace_id: str, number: int) -> dict[str, Any]:
        """List everybody of whom something arrived in the lake since the first list was made."""
        build = self.builds.load(workspace_id, number)
        since = (build.listed_at or build.requested_at).date().isoformat()
        query = sql.people(workspace_id, first_day=since)
        file, batches = self._list(workspace_id, number, "latecomers", query)
        after = replace(
            build, stage="latecomers", late_people=batches.people, late_batches=batches.count
        )
        self.builds.put(workspace_id, after)
        return self._answer(after, batches.count, file=file)

    def report(self, workspace_id: str, number: int) -> dict[str, Any]:
        """Count what came of it, by SQL and by the tallies, and close the build."""
        build = self.builds.load(workspace_id, number)
        at = self.now()
        since = self._since(workspace_id, number)
        counts = tuple(self.counting.counts(workspace_id, since, number, at))
        done = replace(build, stage="done", counts=counts, counted_at=at, finished_at=self.now())
        self.builds.put(workspace_id, done)
        return {"counts": len(counts), "differences": sum(1 for one in counts if one.difference)}

    def _list(
        self, workspace_id: str, number: int, whom: Round, query: str
    ) -> tuple[File, Batches]:
        address = self.athena.result_of(query, patience=PATIENCE_SECONDS)
        batches = Batches(row["profile_id"] for row in self.results.rows(address))
        return self.files.write(workspace_id, number, whom, batches.pieces()), batches

    def _answer(
        self,
        build: Build | None,
        batches: int,
        *,
        file: File | None = None,
        superseded: bool = False,
    ) -> dict[str, Any]:
        """What the machine goes on with; it finds every field in every answer."""
        late_at = build.listed_at + self.lag if build and build.listed_at else self.now()
        return {
            "bucket": file.bucket if file else "",
            "key": file.key if file else "",
            "batches": batches,
            "superseded": superseded,
            "late_at": format_instant(late_at),
        }

    def _since(self, workspace_id: str, number: int) -> int:
        """The last build before this one that was carried to its end; 0 when there is none."""
        latest = self.builds.latest(workspace_id, _BUILDS_LOOKED_AT)
        done = (one.number for one in latest if one.stage == "done" and one.number < number)
        return max(done, default=0)
