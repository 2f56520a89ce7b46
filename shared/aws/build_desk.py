"""Beginning builds: a row for each and an execution of the machine, both of them once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, cast

from shared.aws.build_machine import BuildMachine
from shared.aws.build_store import BuildStore
from shared.aws.catalog_writer import Definition, Edit
from shared.domain.builds.model import Build, Subject
from shared.errors import ConflictError

_JUDGED: Final = frozenset({"SEGMENT", "TAG", "LIFECYCLE"})


@dataclass(frozen=True, slots=True)
class BuildDesk:
    """Where builds are begun; every method raises TransientError, and may be repeated then."""

    builds: BuildStore
    machine: BuildMachine
    now: Callable[[], datetime]

    def begin(self, workspace_id: str, definition: Definition) -> None:
        """Begin the build with which a definition got its meaning, unless that was done before."""
        if definition.kind in _JUDGED and definition.build:
            self._begin(
                workspace_id,
                Build(
                    number=definition.build,
                    subject=cast("Subject", definition.kind),
                    definition_id=definition.definition_id,
                    announced=definition.announce,
                    requested_at=self.now(),
                ),
            )

    def begin_all(self, workspace_id: str, number: int, why: str) -> None:
        """Begin the build of everything, unless it was before; `why` is what it is called by."""
        self._begin(
            workspace_id,
            Build(
                number=number,
                subject="SETTINGS",
                definition_id=why,
                announced=False,
                requested_at=self.now(),
            ),
        )

    def recompute(self, workspace_id: str, edit: Edit, tag_id: str, *, announce: bool) -> Build:
        """Begin a build that computes the thresholds of a tag anew and then judges everybody.

        It takes a version of the catalog for its number, so the edit must not have been committed.
        """
        number = edit.next_version
        edit.commit()
        return self._begin(
            workspace_id,
            Build(
                number=number,
                subject="TAG",
                definition_id=tag_id,
                announced=announce,
                requested_at=self.now(),
                recomputes=True,
            ),
        )

    def retry(self, workspace_id: str, number: int) -> Build:
        """Begin a build again that did not get to its end.

        Raises NotFoundError, and ConflictError for one that is over or still at work. Whoever could
        not start it after having written that down may ask again.
        """
        build = self.builds.load(workspace_id, number)
        if build.is_over:
            raise ConflictError(f"build {number} is over, there is nothing to do again")
        run = self.machine.run(workspace_id, number, build.attempt)
        if run is not None and not run.is_lost:
            raise ConflictError(f"build {number} is still at work")
        again = replace(build, attempt=build.attempt + 1, stage="waiting")
        self.builds.put(workspace_id, again)
        self.machine.start(workspace_id, number, again.attempt)
        return again

    def _begin(self, workspace_id: str, build: Build) -> Build:
        known = self.builds.add(workspace_id, build)
        if not known.is_over:
            self.machine.start(workspace_id, known.number, known.attempt)
        return known
