"""A workspace's definitions, turned around so that an event finds what it can touch."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.lifecycle.expanding import ExpandedLifecycle
from shared.domain.measures.model import Measure, measures_by_event
from shared.domain.profiles.model import View
from shared.domain.segments.condition import Node
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.index import SegmentIndex
from shared.domain.tags.expanding import ExpandedTag
from shared.domain.tags.valuing import value_of

STAGE: Final = "stage"
_SEGMENT: Final = "segment:"
_TAG: Final = "tag:"
_NOTHING: Final = View({}, {})
# Of somebody without any facts everything is as true at one instant as at another.
_ONCE: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standpoint:
    """The version of a definition, and at which version of the catalog it got its meaning.

    `announce` says whether flips are told that are found by building.
    """

    version: int
    build: int
    announce: bool


@dataclass(frozen=True, slots=True)
class PlannedSegment:
    """A segment of facts alone."""

    condition: Node
    stand: Standpoint


@dataclass(frozen=True, slots=True)
class PlannedTag:
    """A tag of facts alone; `counted` says whether holders of a value are counted."""

    tag: ExpandedTag
    counted: bool
    stand: Standpoint


@dataclass(frozen=True, slots=True)
class PlannedLifecycle:
    """The lifecycle of facts alone."""

    lifecycle: ExpandedLifecycle
    stand: Standpoint


@dataclass(frozen=True)
class Plan:
    """What holds for every person of a workspace.

    Definitions go by the names `segment:buyers`, `tag:vip` and `stage`. `triggers` are the names of
    the events that journeys refer to, published and paused ones, and of those that leave for a
    destination. `kept_traits` are those whose
    history is kept. While `is_silent`, people are made again, and what is found is told to nobody.
    """

    zone: ZoneInfo
    segments: Mapping[str, PlannedSegment]
    tags: Mapping[str, PlannedTag]
    lifecycle: PlannedLifecycle
    index: SegmentIndex
    triggers: frozenset[str]
    kept_traits: frozenset[str] = frozenset()
    is_silent: bool = False

    @cached_property
    def stands(self) -> Mapping[str, Standpoint]:
        """Every definition by its name."""
        return {
            **{segment_name(name): each.stand for name, each in self.segments.items()},
            **{tag_name(name): each.stand for name, each in self.tags.items()},
            STAGE: self.lifecycle.stand,
        }

    @cached_property
    def build(self) -> int:
        """The version of the catalog at which the last definition got its meaning."""
        return max(stand.build for stand in self.stands.values())

    def newer(self, built: int) -> frozenset[str]:
        """The definitions that somebody lacks for whom all was built up to a version."""
        return frozenset(name for name, stand in self.stands.items() if stand.build > built)

    @cached_property
    def measures(self) -> Mapping[str, Sequence[Measure]]:
        """What is kept of events, by their names."""
        return measures_by_event(self.measures_of(self.index.references))

    def measures_of(self, names: Iterable[str]) -> frozenset[Measure]:
        """What some definitions ask to be kept."""
        references = self.index.references
        return frozenset[Measure]().union(*(references[name].measures for name in names))

    @cached_property
    def at_birth(self) -> frozenset[str]:
        """What to judge of somebody who does something for the first time, whatever that is.

        Who never ordered is among those who did not order, without any order touching it.
        """
        return frozenset(
            name for name in self.stands if name == STAGE or self._says_something(name)
        )

    def _says_something(self, name: str) -> bool:
        if tag_id := tag_of(name):
            tag = value_of(self.tags[tag_id].tag, _NOTHING, _ONCE, self.zone)
            return tag.value is not None or tag.changes_at is not None
        condition = self.segments[segment_of(name) or ""].condition
        segment = evaluate(condition, _NOTHING, _ONCE, self.zone)
        return segment.matches or segment.changes_at is not None


def segment_name(segment_id: str) -> str:
    """The name of a segment among all definitions."""
    return f"{_SEGMENT}{segment_id}"


def tag_name(tag_id: str) -> str:
    """The name of a tag among all definitions."""
    return f"{_TAG}{tag_id}"


def segment_of(name: str) -> str | None:
    """The segment that a name stands for; None when it is something else."""
    return name.removeprefix(_SEGMENT) if name.startswith(_SEGMENT) else None


def tag_of(name: str) -> str | None:
    """The tag that a name stands for; None when it is something else."""
    return name.removeprefix(_TAG) if name.startswith(_TAG) else None


def segments_in(names: Collection[str]) -> Iterator[str]:
    """The segments among some names, in order."""
    return filter(None, map(segment_of, sorted(names)))


def tags_in(names: Collection[str]) -> Iterator[str]:
    """The tags among some names, in order."""
    return filter(None, map(tag_of, sorted(names)))
