"""Thresholds of tags that are about shares of buyers: computed from the lake, then published.

Computed numbers are a new version of the tag with a build of its own. That build judges everybody
by them, also in place of the one that computed them. So evaluator and SQL go by the same numbers,
and a value in somebody's history tells by its version under which numbers it was given.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from aws_lambda_powertools import Logger

from shared.aws.athena import Athena
from shared.aws.build_desk import BuildDesk
from shared.aws.catalog_writer import CatalogWriter, Edit
from shared.aws.meanings import Meanings, changed_meanings, put_dependents, rebuilt
from shared.domain.builds.model import Build
from shared.domain.segments.expand import Named
from shared.domain.tags.kinds import ComputedThresholds
from shared.domain.tags.model import Tag
from shared.domain.tags.thresholds import (
    computed,
    cut_of,
    quantile_of,
    waits,
    with_thresholds,
)
from shared.domain.text import to_text
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import ConflictError, InvalidInputError

TRIES: Final = 8  # whoever edits the catalog meanwhile makes us begin again with what is there


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Computes and publishes; every method may be repeated, and raises TransientError."""

    catalog: CatalogWriter
    athena: Athena
    desk: BuildDesk
    patience: float
    log: Logger

    def of_build(self, workspace_id: str, number: int) -> int:
        """Compute what waits for it and what the build is there for; gives how many were found.

        What waits is left to the newest build. Where nobody has bought there is nothing to compute,
        and a later build tries again.
        """
        build = self.desk.builds.load(workspace_id, number)
        newest = self.desk.builds.newest(workspace_id)
        is_newest = newest is None or newest.number <= number
        found = 0
        for tag in _quantiles(self.catalog.edit(workspace_id)):
            asked = build.recomputes and build.definition_id == tag.tag_id
            if asked or (is_newest and waits(tag)):
                found += self._compute(workspace_id, tag, build)
        # Whoever dies after having published begins the build when the task is repeated.
        for definition in self.catalog.edit(workspace_id).all("TAG"):
            if definition.build > number:
                self.desk.begin(workspace_id, definition)
        return found

    def recompute_all(self, workspace_id: str) -> int:
        """Begin a build for each tag whose numbers follow from shares; gives how many there are."""
        tags = [tag.tag_id for tag in _quantiles(self.catalog.edit(workspace_id))]
        for tag_id in tags:
            _trying(partial(self._begin, workspace_id, tag_id))
        return len(tags)

    def _begin(self, workspace_id: str, tag_id: str) -> None:
        edit = self.catalog.edit(workspace_id)
        self.desk.recompute(workspace_id, edit, tag_id, announce=False)

    def _compute(self, workspace_id: str, tag: Tag, build: Build) -> bool:
        about: dict[str, Any] = {"definition_id": tag.tag_id, "build": build.number}
        try:
            found = self._ask(workspace_id, tag)
            if found is None:
                self.log.info("nobody has bought, so there are no thresholds", extra=about)
                return False
            _trying(partial(self._publish, workspace_id, tag, found, build))
        except InvalidInputError as error:
            # Nobody can be judged by this tag, which must not keep all others from being built.
            self.log.error("thresholds left out", extra={**about, "reason": str(error)})
            return False
        return True

    def _ask(self, workspace_id: str, tag: Tag) -> ComputedThresholds | None:
        from shared.domain.tags.rfm_sql import MAX_CUTS, cuts

        quantile = quantile_of(tag)
        if quantile is None:
            return None
        at = self.desk.now()
        settings = self.catalog.edit(workspace_id).settings() or WorkspaceSettings()
        query = cuts(*quantile, at, settings.zone, workspace_id)
        rows = self.athena.query(query, max_rows=MAX_CUTS, patience=self.patience)
        return computed(quantile[1], map(cut_of, rows), at)

    def _publish(
        self, workspace_id: str, asked: Tag, found: ComputedThresholds, build: Build
    ) -> None:
        """Store the numbers, unless the tag has come to ask for others meanwhile."""
        edit = self.catalog.edit(workspace_id)
        before, named = Meanings.of(edit), Named("tag", asked.tag_id)
        row, tag = before.rows.get(named), before.tags.get(asked.tag_id)
        if row is None or tag is None or _question(tag) != _question(asked):
            return
        tag = with_thresholds(tag, found)
        changed = changed_meanings(before, before.changed_to(tag), named)
        announce = build.announced if build.definition_id == tag.tag_id else row.announce
        own = rebuilt(edit, row, announce=announce) if named in changed else row
        body = to_text(tag.model_dump(mode="json", exclude_unset=True))
        edit.put_version(replace(own, body=body, version=row.version + 1))
        put_dependents(edit, before, named, changed, announce=announce)
        edit.commit()


def _quantiles(edit: Edit) -> Iterator[Tag]:
    return (tag for tag in Meanings.of(edit).tags.values() if quantile_of(tag))


def _question(tag: Tag) -> object:
    """What the numbers are computed from."""
    return with_thresholds(tag, None).how if quantile_of(tag) else None


def _trying(edit: Callable[[], object]) -> None:
    for _ in range(TRIES - 1):
        try:
            edit()
        except ConflictError:
            continue
        return
    edit()
