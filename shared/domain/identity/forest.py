"""Which things hang together, over whatever links: disjoint sets with path halving."""

from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Forest(Generic[T]):
    """Things that were asked for or connected; each stands alone at first."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parents: dict[T, T] = {}

    def __contains__(self, thing: T) -> bool:
        return thing in self._parents

    def of(self, thing: T) -> T:
        """The one that stands for all that hang together with a thing."""
        parents = self._parents
        above = parents.setdefault(thing, thing)
        while above is not thing:
            parents[thing] = parents[above]  # half the way for whoever asks next
            thing = parents[thing]
            above = parents[thing]
        return thing

    def connect(self, one: T, other: T) -> None:
        """Let two hang together."""
        self._parents[self.of(one)] = self.of(other)
