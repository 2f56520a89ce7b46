"""Decides who is one person: claims and what is known come in, what to write comes out.

People are what `joining.join` makes of all evidence, so neither the order of the claims nor their
batches nor repetitions leave a trace. Usually only the people that a claim touches need be looked
at: as long as nothing that counted before is refused now, everything else stays as it was. Else the
answer is `Resolution.needs`, and with everything that is in dispute at hand (`Known.wide`) all of
it is decided again; then people may part.
"""

from collections.abc import Callable, Iterable, Sequence

from shared.domain.identity.deciding import Evidence
from shared.domain.identity.evidence import Pair, edges_of
from shared.domain.identity.resolution import Claim, Known, Resolution
from shared.domain.identity.rulebook import Rulebook


def resolve(
    claims: Sequence[Claim], known: Known, rulebook: Rulebook, new_id: Callable[[], str]
) -> Resolution:
    """Decide on claims together; each must have an identifier.

    `known` has the owners of all their identifiers that anybody has, the graphs of these people
    and the disputes over `doubtful_pairs`. `new_id` gives an unused strand id.
    """
    evidence = Evidence(known, rulebook)
    evidence.meet(claims, new_id)
    if not evidence.is_new:
        return Resolution(places=evidence.places(claims, {}))
    if known.wide or not known.graphs:
        return evidence.decide_all(claims)
    return evidence.decide_narrowly(claims) or Resolution(
        needs=frozenset(evidence.owners.values()) & known.graphs.keys()
    )


def redecide(known: Known, rulebook: Rulebook) -> Resolution:
    """Decide again on everything known, which must be `wide`, perhaps under other rules."""
    return Evidence(known, rulebook).decide_all(())


def doubtful_pairs(claims: Iterable[Claim], known: Known) -> frozenset[Pair]:
    """Pairs of these claims that do not count though both ends are known: are they in dispute?"""
    owners = known.owners
    pairs = {
        edge.pair: edge
        for claim in claims
        for edge in edges_of(claim)
        if edge.left in owners and edge.right in owners
    }
    asked = {owners[end] for pair in pairs for end in pair}
    counting = {edge.pair for profile_id in asked for edge in known.graphs[profile_id].edges}
    return frozenset(pairs.keys() - counting)
