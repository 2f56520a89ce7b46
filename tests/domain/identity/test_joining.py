"""Deciding on those alone who have no evidence in common comes to what deciding at once does."""

from hypothesis import event, given, settings

from shared.domain.identity.evidence import edges_of, gather
from shared.domain.identity.graph import Node
from shared.domain.identity.joining import join, join_apart
from shared.domain.identity.rulebook import rulebook_of
from tests.domain.identity.generators import claim_lists, rulebooks


@settings(max_examples=300)
@given(rulebooks, claim_lists())
def test_apart_and_at_once_come_to_the_same(rules, claims):
    rulebook = rulebook_of(rules)
    nodes = {}
    for claim in claims:
        for identifier in claim.identifiers:
            known = nodes.get(identifier)
            if known is None or claim.at < known.first_at:
                nodes[identifier] = Node(identifier, "", claim.at)
    links = gather(edge for claim in claims for edge in edges_of(claim)).values()
    at_once, apart = (decide(nodes.values(), links, rulebook) for decide in (join, join_apart))
    assert sorted(map(sorted, apart.people)) == sorted(map(sorted, at_once.people))
    assert (apart.joints, apart.refused) == (at_once.joints, at_once.refused)
    event(f"people {min(len(apart.people), 4)}, refused {min(len(apart.refused), 2)}")
