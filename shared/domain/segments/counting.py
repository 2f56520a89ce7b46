"""Whether counts of one event can agree, over windows and filters that lie within one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from shared.domain.segments.condition import EventCondition
from shared.domain.segments.nodes.events import BetweenWindow, RollingWindow
from shared.domain.text import to_text

Counts = Sequence[tuple[EventCondition, bool]]


@dataclass
class _Range:
    """What a count can be: from the least to the most, without some in between."""

    pattern: EventCondition
    least: int = 0
    most: float = inf
    never: set[int] = field(default_factory=set)

    def narrow(self, test: EventCondition, *, holds: bool) -> None:
        match test.comparison, holds:
            case "at_least", True:
                self.least = max(self.least, test.times)
            case "at_least", False:
                self.most = min(self.most, test.times - 1)
            case "at_most", True:
                self.most = min(self.most, test.times)
            case "at_most", False:
                self.least = max(self.least, test.times + 1)
            case "exactly", True:
                self.least, self.most = max(self.least, test.times), min(self.most, test.times)
            case _:
                self.never.add(test.times)

    @property
    def is_empty(self) -> bool:
        if self.most == inf:
            return False
        return all(n in self.never for n in self._few())

    def _few(self) -> Iterator[int]:
        """So many that some would be left over if any can be."""
        most = min(int(self.most), self.least + len(self.never))
        return iter(range(self.least, most + 1))


def counts_agree(tests: Counts) -> bool:
    """Say whether one person's counts of an event can pass all these tests."""
    ranges: dict[str, _Range] = {}
    for test, holds in tests:
        key = to_text(test.model_dump(mode="json", exclude={"comparison", "times"}))
        ranges.setdefault(key, _Range(test)).narrow(test, holds=holds)
    found = list(ranges.values())
    for inner in found:
        for outer in found:
            if inner is not outer and _within(inner.pattern, outer.pattern):
                outer.least = max(outer.least, inner.least)
                inner.most = min(inner.most, outer.most)
    return not any(one.is_empty for one in found)


def _within(inner: EventCondition, outer: EventCondition) -> bool:
    """Whether whatever the one counts is counted by the other, too."""
    filters = [{to_text(each.model_dump(mode="json")) for each in one.where}
               for one in (inner, outer)]  # fmt: skip
    return filters[1] <= filters[0] and _shorter(inner, outer)


def _shorter(inner: EventCondition, outer: EventCondition) -> bool:
    if outer.within_days is None and outer.window is None:
        return True
    if inner.within_days is not None and outer.within_days is not None:
        return inner.within_days <= outer.within_days
    match inner.window, outer.window:
        case RollingWindow(seconds=less), RollingWindow(seconds=more):
            return less <= more
        case BetweenWindow() as one, BetweenWindow() as other:
            return other.first_day <= one.first_day and one.last_day <= other.last_day
        case _:
            return False
