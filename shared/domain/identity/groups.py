"""Cuts a batch into groups that share nothing, so that each can be decided and written alone."""

from collections.abc import Hashable, Mapping, Sequence

from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim


def connected(
    claims: Sequence[Claim], owners: Mapping[Identifier, str]
) -> tuple[tuple[int, ...], ...]:
    """Group the indexes of claims that touch one another, directly or through others.

    Claims touch when they share an identifier or when theirs point to the same profile. Groups are
    in the order of their first claim, and the claims of a group keep their order.
    """
    forest = _Forest()
    for index, claim in enumerate(claims):
        for identifier in claim.identifiers:
            forest.join(index, identifier)
            if identifier in owners:
                forest.join(index, ("profile", owners[identifier]))
    groups: dict[Hashable, list[int]] = {}
    for index in range(len(claims)):
        groups.setdefault(forest.root(index), []).append(index)
    return tuple(tuple(group) for group in groups.values())


class _Forest:
    """Disjoint sets with path halving; the smaller tree goes under the larger."""

    def __init__(self) -> None:
        self._parents: dict[Hashable, Hashable] = {}
        self._sizes: dict[Hashable, int] = {}

    def root(self, node: Hashable) -> Hashable:
        parents = self._parents
        parents.setdefault(node, node)
        while parents[node] != node:
            parents[node] = parents[parents[node]]
            node = parents[node]
        return node

    def join(self, one: Hashable, other: Hashable) -> None:
        small, large = self.root(one), self.root(other)
        if small == large:
            return
        sizes = self._sizes
        if sizes.get(small, 1) > sizes.get(large, 1):
            small, large = large, small
        self._parents[small] = large
        sizes[large] = sizes.get(small, 1) + sizes.get(large, 1)
