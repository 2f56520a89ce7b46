"""Deciding at once, and on those alone who have no evidence in common, comes to the oracle's."""

import pytest
from hypothesis import event, given, settings

from shared.domain.identity.evidence import edges_of, gather
from shared.domain.identity.graph import Node
from shared.domain.identity.joining import join, join_apart
from shared.domain.identity.rulebook import rulebook_of
from tests.domain.identity.generators import claim_lists, rulebooks, small_rules
from tests.domain.identity.making import NOON, anonymous, claim, email
from tests.domain.identity.oracle import Oracle


@settings(max_examples=300)
@given(rulebooks, claim_lists())
def test_apart_and_at_once_come_to_what_the_oracle_says(rules, claims):
    rulebook = rulebook_of(rules)
    nodes = {}
    for one in claims:
        for identifier in one.identifiers:
            known = nodes.get(identifier)
            if known is None or one.at < known.first_at:
                nodes[identifier] = Node(identifier, "", one.at)
    links = gather(edge for one in claims for edge in edges_of(one)).values()
    at_once, apart = (decide(nodes.values(), links, rulebook) for decide in (join, join_apart))
    oracle = Oracle(claims, rules)
    for joined in (at_once, apart):
        assert sorted(map(sorted, joined.people)) == sorted(map(sorted, oracle.people))
        assert joined.joints == {
            tuple(sorted(pair)): day.toordinal() for pair, day in oracle.joints
        }
        assert joined.refused == {
            tuple(sorted(pair)): reasons[0] for pair, reasons in oracle.refused.items()
        }
    event(f"people {min(len(apart.people), 4)}, refused {min(len(apart.refused), 2)}")


@pytest.mark.parametrize("devices", [1, 2, 3])
@pytest.mark.parametrize("grows", ["first", "second", "both"])
def test_however_many_devices_somebody_has_a_shared_one_joins_no_two_addresses(devices, grows):
    book = rulebook_of(small_rules(identifiers=100, links_a_day=50, weak=20))
    told = []
    for person in ("first", "second"):
        told += [
            claim(email(person), anonymous(f"{person} {number}"))
            for number in range(devices if grows in (person, "both") else 1)
        ]
    told.append(claim(email("first"), anonymous("second 0")))
    nodes = {each: Node(each, "", NOON) for one in told for each in one.identifiers}
    links = [edge for one in told for edge in edges_of(one)]
    joined = join(nodes.values(), links, book)
    assert list(joined.refused.values()) == ["kept_apart"]
    assert len(joined.people) == 2
