"""The ways through a journey as a graph, and how long the longest one can be.

Ways onward never lead in a circle. A way `back` is that of a `repeat`: it is taken `times` times
before the step lets go on, and then the counting begins anew. So of several repeats in one circle
each can be gone through in full for each round of those that lie behind it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import NamedTuple


class Back(NamedTuple):
    """The way back of a repeat."""

    target: str
    times: int


@dataclass(frozen=True)
class Graph:
    """Steps by name: the ways onward of each, and the ways back of those that repeat."""

    onward: Mapping[str, Sequence[str]]
    back: Mapping[str, Back]

    def ways(self, name: str) -> list[str]:
        """Every step that a step can lead to."""
        back = self.back.get(name)
        return [*self.onward[name], *((back.target,) if back else ())]

    def reached(self, start: str) -> frozenset[str]:
        """Every step that the ways from a step lead to; itself only if one leads back."""
        seen: set[str] = set()
        coming = self.ways(start) if start in self.onward else []
        while coming:
            name = coming.pop()
            if name not in seen:
                seen.add(name)
                coming.extend(self.ways(name))
        return frozenset(seen)


def heaviest_way(graph: Graph, first: str, weights: Mapping[str, int]) -> int:
    """The most that the weights of the steps on a way from `first` can add up to.

    It is exact where circles do not overlap, and never too low. Raises CycleError when ways onward
    lead in a circle.
    """
    order = tuple(TopologicalSorter(graph.onward).static_order())  # ends first
    circles = _circles(graph) if graph.back else {name: frozenset((name,)) for name in order}
    best: dict[str, int] = {}
    for circle in _ends_first(graph, circles):
        steps = [name for name in order if name in circle]
        after = {
            name: max((best[to] for to in graph.ways(name) if to not in circle), default=0)
            for name in steps
        }
        best |= _Circle(graph, steps, weights, after).best()
    return best[first]


def _circles(graph: Graph) -> dict[str, frozenset[str]]:
    """For each step all that it can lead to and that can lead to it, and the step itself."""
    reached = {name: graph.reached(name) for name in graph.onward}
    return {
        name: frozenset({name, *(to for to in reached[name] if name in reached[to])})
        for name in graph.onward
    }


def _ends_first(graph: Graph, circles: Mapping[str, frozenset[str]]) -> Iterator[frozenset[str]]:
    leads_to = {
        circle: {circles[to] for name in circle for to in graph.ways(name)} - {circle}
        for circle in dict.fromkeys(circles.values())
    }
    yield from TopologicalSorter(leads_to).static_order()


class _Circle:
    """Steps that lead to each other, or one alone; `after` is what can follow outside."""

    def __init__(
        self,
        graph: Graph,
        ends_first: Sequence[str],
        weights: Mapping[str, int],
        after: Mapping[str, int],
    ) -> None:
        self._graph = graph
        self._steps = ends_first
        self._weights = weights
        self._after = after
        self._repeats = [
            name for name in ends_first if name in graph.back and graph.back[name].target in after
        ]

    def best(self) -> dict[str, int]:
        """From each step on, the most that the weights can add up to."""
        out = self._heaviest(self._after)
        if not self._repeats:
            return out
        to_repeat = self._heaviest(dict.fromkeys(self._repeats, 0))
        rounds, fewest = 0, 1
        for name in self._repeats:  # those behind first
            back = self._graph.back[name]
            rounds += back.times * fewest * to_repeat[back.target]
            fewest *= back.times + 1
        last = max(
            out[back.target] - to_repeat[back.target]
            for back in (self._graph.back[name] for name in self._repeats)
        )
        return {
            name: max(out[name], to_repeat[name] + rounds + max(last, 0))
            if name in to_repeat
            else out[name]
            for name in self._steps
        }

    def _heaviest(self, ends: Mapping[str, int]) -> dict[str, int]:
        """The heaviest way onward within, from each step that leads to one of `ends`."""
        found: dict[str, int] = {}
        for name in self._steps:
            onward = [found[to] for to in self._graph.onward[name] if to in found]
            if name in ends:
                onward.append(ends[name])
            if onward:
                found[name] = max(onward) + self._weights[name]
        return found
