"""The index of conditions: which of them an event or a trait can touch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.segments.condition import Node
from shared.domain.segments.references import References, references


@dataclass(frozen=True, slots=True)
class SegmentIndex:
    """Built once for a version of the catalog, asked for every event.

    Whatever has a condition can be indexed, segments, tags and stages alike: ids are opaque.
    """

    references: Mapping[str, References]
    by_event: Mapping[str, frozenset[str]]
    by_trait: Mapping[str, frozenset[str]]
    activity: frozenset[str]

    def touched_by(self, events: Iterable[str], traits: Iterable[str]) -> frozenset[str]:
        """Ids of those whose verdict can change by these events and traits."""
        none: frozenset[str] = frozenset()
        names = tuple(events)
        found = [self.by_event.get(event, none) for event in names]
        found += [self.by_trait.get(trait, none) for trait in traits]
        return none.union(*found, self.activity if names else none)


def index_segments(conditions: Mapping[str, Node]) -> SegmentIndex:
    """Turn expanded conditions, by id, around: from what they refer to, to the ids."""
    return index_references({name: references(each) for name, each in conditions.items()})


def index_references(refers: Mapping[str, References]) -> SegmentIndex:
    """The same for what refers to facts in other ways than by one condition."""
    return SegmentIndex(
        references=refers,
        by_event=_turned((name, parts.event_names) for name, parts in refers.items()),
        by_trait=_turned((name, parts.traits) for name, parts in refers.items()),
        activity=frozenset(name for name, parts in refers.items() if parts.activity),
    )


def _turned(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for reference_id, names in pairs:
        for name in names:
            found.setdefault(name, set()).add(reference_id)
    return {name: frozenset(ids) for name, ids in found.items()}
