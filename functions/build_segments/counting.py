"""What is counted of a definition: the members of a segment, the people of each value or stage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from shared.aws.audience_queries import AudienceQueries
from shared.aws.catalog import CatalogReader
from shared.aws.figures import FiguresReader, Noun
from shared.domain.builds.model import Count, Subject
from shared.domain.lifecycle.model import LIFECYCLE_ID
from shared.domain.segments.condition import LifecycleCondition, Node, TagCondition
from shared.domain.tags.held import tally_of
from shared.domain.tags.kinds import RuleTag
from shared.domain.tags.model import Tag
from shared.errors import TooLargeError

MEMBERS: Final = "members"


class Countable(NamedTuple):
    """One number: the condition behind it, and its tally, if one is kept."""

    subject: Subject
    definition_id: str
    name: str
    condition: Node
    tally: tuple[Noun, str] | None


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts by SQL, over the lake, and by the running tallies."""

    catalog: CatalogReader
    queries: AudienceQueries
    figures: FiguresReader

    def counts(self, workspace_id: str, after: int, up_to: int, at: datetime) -> Iterator[Count]:
        """All numbers of definitions that got their meaning in builds after one up to another.

        Raises TransientError.
        """
        found = [*self._countables(workspace_id, range(after + 1, up_to + 1))]
        for one, exact in zip(found, self._exact(workspace_id, found, at), strict=True):
            tally = one.tally and self.figures.of(workspace_id, *one.tally).get(MEMBERS, 0)
            yield Count(one.subject, one.definition_id, one.name, exact, tally)

    def _exact(self, workspace_id: str, found: Sequence[Countable], at: datetime) -> list[int]:
        """How many match each, in as few readings of the history as fit into queries."""
        if not found:
            return []
        conditions = {str(n): one.condition for n, one in enumerate(found)}
        try:
            return list(self.queries.sizes(workspace_id, conditions, at).values())
        except TooLargeError:
            if len(found) == 1:
                raise
        half = len(found) // 2
        parts = (found[:half], found[half:])
        return [size for part in parts for size in self._exact(workspace_id, part, at)]

    def _countables(self, workspace_id: str, builds: range) -> Iterator[Countable]:
        for one in self.catalog.segments(workspace_id):
            if one.build in builds:
                segment_id, condition = one.segment.segment_id, one.segment.condition
                tally: tuple[Noun, str] = ("SEGMENT", segment_id)
                yield Countable("SEGMENT", segment_id, MEMBERS, condition, tally)
        for tagged in self.catalog.tags(workspace_id):
            if tagged.build in builds:
                yield from _values(tagged.tag)
        lifecycle = self.catalog.lifecycle(workspace_id)
        if lifecycle.build in builds:
            for stage in sorted(lifecycle.lifecycle.names):
                condition = LifecycleCondition(stages=(stage,))
                yield Countable("LIFECYCLE", LIFECYCLE_ID, stage, condition, None)


def _values(tag: Tag) -> Iterator[Countable]:
    """The values of a rule tag; other kinds have no fixed ones to count."""
    if isinstance(tag.how, RuleTag):
        for one in tag.how.values:
            condition = TagCondition(tag_id=tag.tag_id, operator="equals", value=one.value)
            tally: tuple[Noun, str] = ("TAG", tally_of(tag.tag_id, one.value))
            yield Countable("TAG", tag.tag_id, str(one.value), condition, tally)
