"""What is counted of a definition: the members of a segment, the people of each value or stage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.aws.audience_queries import AudienceQueries
from shared.aws.catalog import CatalogReader
from shared.aws.figures import FiguresReader
from shared.domain.builds.model import Subject
from shared.domain.lifecycle.model import LIFECYCLE_ID
from shared.domain.segments.condition import LifecycleCondition, Node, TagCondition
from shared.domain.tags.kinds import RuleTag
from shared.domain.tags.model import Tag

Named = dict[tuple[Subject, str], dict[str, Node]]

MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class DefinitionCounts:
    """Counts definitions over the catalog, the lake and the tallies (the port `Counting`)."""

    catalog: CatalogReader
    queries: AudienceQueries
    figures: FiguresReader

    def named(self, workspace_id: str, after: int, up_to: int) -> Named:
        """Definitions of some builds, each with the condition behind every name."""
        found: Named = {}

        def is_new(build: int) -> bool:
            return after < build <= up_to

        for one in self.catalog.segments(workspace_id):
            if is_new(one.build):
                found["SEGMENT", one.segment.segment_id] = {MEMBERS: one.segment.condition}
        for tagged in self.catalog.tags(workspace_id):
            if is_new(tagged.build) and (values := _values(tagged.tag)):
                found["TAG", tagged.tag.tag_id] = values
        lifecycle = self.catalog.lifecycle(workspace_id)
        if is_new(lifecycle.build):
            found["LIFECYCLE", LIFECYCLE_ID] = {
                stage: LifecycleCondition(stages=(stage,))
                for stage in sorted(lifecycle.lifecycle.names)
            }
        return found

    def by_sql(
        self, workspace_id: str, conditions: Mapping[str, Node], at: datetime
    ) -> Mapping[str, int]:
        """How many match each condition at an instant."""
        return self.queries.sizes(workspace_id, conditions, at)

    def by_tally(
        self, workspace_id: str, subject: Subject, definition_id: str
    ) -> Mapping[str, int]:
        """The running tally of a definition."""
        return self.figures.of(workspace_id, subject, definition_id)


def _values(tag: Tag) -> dict[str, Node]:
    """A condition for each value of a rule tag; other kinds have no fixed values to count."""
    if not isinstance(tag.kind, RuleTag):
        return {}
    return {
        str(one.value): TagCondition(tag_id=tag.tag_id, operator="equals", value=one.value)
        for one in tag.kind.values
    }
