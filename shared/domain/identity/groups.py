"""Cuts a batch into groups that share nothing, so that each can be decided and written alone."""

from collections.abc import Hashable, Mapping, Sequence

from shared.domain.identity.forest import Forest
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim


def connected(
    claims: Sequence[Claim], owners: Mapping[Identifier, str]
) -> tuple[tuple[int, ...], ...]:
    """Group the indexes of claims that touch one another, directly or through others.

    Claims touch when they share an identifier or when theirs point to the same profile. Groups are
    in the order of their first claim, and the claims of a group keep their order.
    """
    forest: Forest[Hashable] = Forest()
    for index, claim in enumerate(claims):
        for identifier in claim.identifiers:
            forest.connect(index, identifier)
            if identifier in owners:
                forest.connect(index, ("profile", owners[identifier]))
    groups: dict[Hashable, list[int]] = {}
    for index in range(len(claims)):
        groups.setdefault(forest.of(index), []).append(index)
    return tuple(tuple(group) for group in groups.values())
