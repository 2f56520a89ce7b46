"""Links as evidence: what a claim links, which evidence is better, and in which order it counts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from shared.domain.identity.graph import Edge, Identifier
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rulebook import Rulebook

CUT: Final = "unmerge"
"""The rule of an edge that only stands for an operator's cut, where no event links the two."""

Pair = tuple[Identifier, Identifier]
Order = tuple[int, datetime, str, int, int, datetime, str, Identifier, Identifier]

_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)


def pair_of(one: Identifier, other: Identifier) -> Pair:
    """Two identifiers as an edge names them: the smaller first."""
    return (one, other) if one < other else (other, one)


def edges_of(claim: Claim) -> list[Edge]:
    """What a claim links: its strongest identifier to each of the others."""
    if len(claim.identifiers) < 2:
        return []
    strongest, *others = claim.identifiers
    return [
        Edge(
            *pair_of(strongest, other),
            claim.at,
            claim.message_id,
            claim.source_id,
            claim.proof,
            claim.rule,
        )
        for other in others
    ]


def better(one: Edge, other: Edge) -> Edge:
    """The better evidence of two for the same pair, whichever comes first."""
    return min(one, other, key=_merit)


def gather(edges: Iterable[Edge]) -> dict[Pair, Edge]:
    """The best evidence for each pair."""
    best: dict[Pair, Edge] = {}
    for edge in edges:
        pair = edge.left, edge.right
        known = best.get(pair)
        best[pair] = edge if known is None else better(known, edge)
    return best


def order_of(edge: Edge, rulebook: Rulebook) -> Order:
    """Sort key: which of two links counts first.

    proven strong–strong, unproven strong–strong, proven weak, unproven weak. Within what is proven
    by the rank of the weaker kind, of the stronger kind, instant, message, pair. Within what is
    not by instant and message first: else anybody with a public key could pull over what was linked
    long ago, by naming a stronger kind beside it.
    """
    left, right, at, message_id, _, proof, _ = edge
    unproven = proof == "none"
    grade, weaker, stronger = rulebook.grades[left[0], right[0], unproven]
    first, named = (at, message_id) if unproven else (_NO_TIME, "")
    return grade, first, named, weaker, stronger, at, message_id, left, right


def _merit(edge: Edge) -> tuple[bool, bool, datetime, str, str, str, str]:
    unproven = edge.proof == "none"
    # The rest decides only between twins, so that the order of arrival does not.
    rest = edge.message_id, edge.source_id, edge.proof, edge.rule
    return edge.rule == CUT, unproven, edge.at, *rest
