"""The index of a workspace's segments: which of them an event or a trait can touch."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.segments.condition import Segment
from shared.domain.segments.references import References, references


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """Built once for a version of the catalog, asked for every event."""

    references: dict[str, References]
    by_event: dict[str, frozenset[str]]
    by_trait: dict[str, frozenset[str]]

    def touched_by(self, events: Iterable[str], traits: Iterable[str]) -> frozenset[str]:
        """Ids of the segments whose verdict can change by these events and traits."""
        none: frozenset[str] = frozenset()
        found = [self.by_event.get(event, none) for event in events]
        found += [self.by_trait.get(trait, none) for trait in traits]
        return none.union(*found)


def index_segments(segments: Iterable[Segment]) -> SegmentIndex:
    """Turn segments around: from what they refer to, to the segments."""
    refers = {segment.segment_id: references(segment.condition) for segment in segments}
    return SegmentIndex(
        references=refers,
        by_event=_turned((name, parts.events) for name, parts in refers.items()),
        by_trait=_turned((name, parts.traits) for name, parts in refers.items()),
    )


def _turned(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for segment_id, names in pairs:
        for name in names:
            found.setdefault(name, set()).add(segment_id)
    return {name: frozenset(segment_ids) for name, segment_ids in found.items()}
