"""Links as evidence: what a claim links, which evidence is better, and in which order it counts."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from shared.domain.identity.graph import SELF_TOLD, Edge, Identifier
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
    """The better evidence of two for the same pair, whichever comes first.

    A user hash adds its proof to what was told before it: were it to take its place, what somebody
    else told in between would come first.
    """
    best = min(one, other, key=_merit)
    if best.proof == "none" and "hash" in (one.proof, other.proof):
        return best._replace(proof="hash")
    return best


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
    long ago, by naming a stronger kind beside it. For the same reason a link between strong ones
    has its place among the unproven when a user hash is its proof: whoever has signed in could name
    anybody's address.
    """
    left, right, at, message_id, _, proof, _ = edge
    grade, weaker, stronger = rulebook.grades[left[0], right[0], proof]
    first, named = (at, message_id) if grade % 2 else (_NO_TIME, "")
    return grade, first, named, weaker, stronger, at, message_id, left, right


def _merit(edge: Edge) -> tuple[bool, bool, datetime, str, str, str, str]:
    self_told = edge.proof in SELF_TOLD
    # The rest decides only between twins, so that the order of arrival does not.
    rest = edge.message_id, edge.source_id, "" if self_told else edge.proof, edge.rule
    return edge.rule == CUT, self_told, edge.at, *rest
