"""What an operator cuts parts exactly as the evidence without it would, and comes back exactly."""

from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.domain.identity.evidence import CUT
from shared.domain.identity.explain import path_between
from shared.domain.identity.graph import Edge
from shared.domain.identity.resolution import Dispute
from shared.domain.identity.resolve import redecide
from shared.domain.identity.unmerge import (
    MAX_CUTS,
    Order,
    remerge,
    unmerge_identifier,
    unmerge_link,
)
from tests.domain.identity.generators import claim_lists, random_claims, rulebooks, small_rules
from tests.domain.identity.making import anonymous, claim, device, email, user
from tests.domain.identity.oracle import Oracle
from tests.domain.identity.worlds import World

ORDER = Order("cut-1", "mei", datetime(2026, 11, 22, 9, tzinfo=UTC))


def cuts_of(world):
    return {
        frozenset(pair) for pair, dispute in world.disputes.items() if dispute.reason == "unmerged"
    }


def told(*claims):
    world = World(small_rules(identifiers=100, links_a_day=50, weak=50))
    for each in claims:
        world.take([each])
    return world


def beside_before(world, one):
    """The other identifiers of a person, in the order in which its graph has them."""
    nodes = world.graph(world.owner(one)).nodes
    return [node.identifier for node in nodes if node.identifier != one]


def shortest_way(world, one, others):
    """Of the ways back to identifiers that somebody was beside, the shortest."""
    ways = [path_between(world.graph(world.owner(one)), one, each) for each in others]
    return min(filter(None, ways), key=len, default=())


@settings(max_examples=200)
@given(rulebooks, claim_lists(), st.data())
def test_merge_and_unmerge_are_inverse(rules, claims, data):
    world = World(rules)
    world.take(claims)
    before = world.people()
    one = data.draw(st.sampled_from(sorted(world.strands)))
    known = world.everybody()
    others = sorted(each for each in world.strands if each != one)
    if others and data.draw(st.booleans()):
        other = data.draw(st.sampled_from(others))
        done = unmerge_link(known, one, other, ORDER, world.rulebook)
        world.write(done.resolution)
        assert done.held_by == path_between(world.graph(world.owner(one)), one, other)
        assert bool(done.held_by) == (world.owner(one) == world.owner(other))
    else:
        beside = beside_before(world, one)
        done = unmerge_identifier(known, one, ORDER, world.rulebook)
        world.write(done.resolution)
        assert done.held_by == shortest_way(world, one, beside)
    assert not done.left
    parted = world.people() != before
    event("parted" if parted else "held together" if done.held_by else "nothing to part")
    assert world.people() == Oracle(claims, rules, cuts_of(world)).people
    # Seeing all evidence again does not undo what an operator has cut.
    world.take(claims)
    assert world.people() == Oracle(claims, rules, cuts_of(world)).people
    world.write(remerge(world.everybody(), map(tuple, cuts_of(world)), world.rulebook))
    assert world.people() == before
    assert not cuts_of(world)


@settings(max_examples=120)
@given(rulebooks, claim_lists(), claim_lists(), st.data())
def test_evidence_that_comes_after_a_cut_is_weighed_without_the_cut_link(rules, early, late, data):
    world = World(rules)
    world.take(early)
    one = data.draw(st.sampled_from(sorted(world.strands)))
    world.write(unmerge_identifier(world.everybody(), one, ORDER, world.rulebook).resolution)
    for each in late:
        world.take([each])
    assert world.people() == Oracle(early + late, rules, cuts_of(world)).people
    world.write(remerge(world.everybody(), map(tuple, cuts_of(world)), world.rulebook))
    assert world.people() == Oracle(early + late, rules).people


@settings(max_examples=120)
@given(rulebooks, rulebooks, claim_lists())
def test_other_rules_decide_again_as_if_they_had_always_held(before, after, claims):
    world = World(before)
    world.take(claims)
    world.rulebook = World(after).rulebook
    world.write(redecide(world.everybody(), world.rulebook))
    assert world.people() == Oracle(claims, after).people
    world.rulebook = World(before).rulebook
    world.write(redecide(world.everybody(), world.rulebook))
    assert world.people() == Oracle(claims, before).people


def test_a_cut_link_parts_two_whom_nothing_else_joins():
    world = told(claim(user("ada"), anonymous("phone")))
    done = unmerge_link(world.everybody(), anonymous("phone"), user("ada"), ORDER, world.rulebook)
    world.write(done.resolution)
    assert done.held_by == ()
    assert world.people() == {frozenset({user("ada")}), frozenset({anonymous("phone")})}
    (dispute,) = done.resolution.disputes
    assert (dispute.reason, dispute.edge.rule) == ("unmerged", "event")


def test_a_cut_holds_whatever_is_told_later_and_leaves_nothing_behind_when_it_is_taken_back():
    pair = (user("ada"), anonymous("phone"))
    world = told(claim(*pair))
    world.write(unmerge_link(world.everybody(), *pair, ORDER, world.rulebook).resolution)
    for proof in ("none", "server"):
        world.take([claim(*pair, proof=proof)])
        assert len(world.people()) == 2
        assert cuts_of(world) == {frozenset(pair)}
    world.write(remerge(world.everybody(), [pair], world.rulebook))
    assert world.people() == {frozenset(pair)}
    assert not world.disputes


def test_a_cut_that_changes_nothing_names_the_path_that_holds_them_together():
    world = told(
        claim(user("ada"), anonymous("phone")),
        claim(user("ada"), email("ada@mail.example")),
        claim(email("ada@mail.example"), anonymous("phone")),
    )
    done = unmerge_link(world.everybody(), user("ada"), anonymous("phone"), ORDER, world.rulebook)
    world.write(done.resolution)
    assert len(world.people()) == 1
    assert [set(edge.pair) for edge in done.held_by] == [
        {user("ada"), email("ada@mail.example")},
        {email("ada@mail.example"), anonymous("phone")},
    ]


def test_an_identifier_is_taken_out_of_a_person_whatever_held_it():
    world = told(
        claim(user("ada"), anonymous("phone")),
        claim(user("ada"), email("ada@mail.example")),
        claim(email("ada@mail.example"), anonymous("phone")),
    )
    done = unmerge_identifier(world.everybody(), anonymous("phone"), ORDER, world.rulebook)
    world.write(done.resolution)
    assert world.people() == {
        frozenset({user("ada"), email("ada@mail.example")}),
        frozenset({anonymous("phone")}),
    }


@pytest.mark.parametrize("seed", [578, 1305, 1882, 4904, 5565])
def test_links_of_other_people_may_lead_back_and_the_shortest_way_is_named(seed):
    """Seeds of worlds in which there are ways of different lengths; they are rare."""
    random = Random(seed)
    sizes = random.choice([(4, 50), (6, 3), (9, 5), (100, 50)])
    world = World(small_rules(*sizes, weak=3))
    world.take(random_claims(random, 14))
    one = random.choice(sorted(world.strands))
    beside = beside_before(world, one)
    done = unmerge_identifier(world.everybody(), one, ORDER, world.rulebook)
    world.write(done.resolution)
    person = world.graph(world.owner(one))
    assert len({len(path_between(person, one, each)) for each in beside} - {0}) > 1
    assert done.held_by == shortest_way(world, one, beside)


def test_a_cut_keeps_what_is_known_of_the_link_and_else_says_who_ordered_it():
    world = told(claim(user("ada"), anonymous("phone")), claim(user("ada"), device("tablet")))
    (linked,) = [
        edge
        for edge in world.graph(world.owner(user("ada"))).edges
        if anonymous("phone") in edge.pair
    ]
    done = unmerge_identifier(world.everybody(), anonymous("phone"), ORDER, world.rulebook)
    strands = world.strands
    phone, tablet = strands[anonymous("phone")], strands[device("tablet")]
    assert set(done.resolution.disputes) == {
        Dispute(linked, "unmerged", phone, strands[user("ada")]),
        Dispute(
            Edge(
                anonymous("phone"), device("tablet"), ORDER.at, "cut-1", "mei", "operator", CUT
            ),
            "unmerged", phone, tablet,
        ),
    }  # fmt: skip
    world.write(done.resolution)
    again = unmerge_identifier(world.everybody(), anonymous("phone"), ORDER, world.rulebook)
    assert (again.resolution.disputes, again.resolution.graphs, again.left) == ((), (), False)


@pytest.mark.parametrize(("others", "rounds"), [(15, 1), (16, 2), (31, 3)])
def test_many_are_cut_in_rounds_and_what_holds_them_together_goes_last(others, rounds):
    world = told(*(claim(user("ada"), anonymous(f"a{n:02}")) for n in range(others)))
    one = anonymous("a00")
    for number in range(1, rounds + 1):
        done = unmerge_identifier(world.everybody(), one, ORDER, world.rulebook)
        assert done.left is (number < rounds)
        assert len(done.resolution.disputes) == min(MAX_CUTS, others - MAX_CUTS * (number - 1))
        world.write(done.resolution)
        assert (len(world.people()) == 1) is done.left
        expected = 1 if done.left else 0
        assert len(done.held_by) == expected
    assert cuts_of(world) == {frozenset({one, each}) for each in world.strands if each != one}


def test_the_link_goes_last_also_where_its_pair_is_the_least():
    hub, one = anonymous("a"), anonymous("m")
    world = told(claim(hub, one), *(claim(hub, anonymous(f"x{n:02}")) for n in range(MAX_CUTS)))
    done = unmerge_identifier(world.everybody(), one, ORDER, world.rulebook)
    world.write(done.resolution)
    assert done.left
    assert frozenset({hub, one}) not in cuts_of(world)
    assert [edge.pair for edge in done.held_by] == [(hub, one)]


def test_what_was_not_cut_is_left_as_it_is_when_cuts_are_taken_back():
    world = told(claim(user("ada"), anonymous("a")), claim(user("ben"), anonymous("b")))
    world.write(
        unmerge_link(
            world.everybody(), user("ada"), anonymous("a"), ORDER, world.rulebook
        ).resolution
    )
    pairs = [(user("ben"), anonymous("b")), (anonymous("a"), user("ada"))]
    done = remerge(world.everybody(), pairs, world.rulebook)
    (graph,) = done.graphs
    assert {node.identifier for node in graph.nodes} == {user("ada"), anonymous("a")}
    assert [dispute.edge.pair for dispute in done.settled] == [(anonymous("a"), user("ada"))]


def test_an_identifier_that_the_rules_block_falls_out_of_its_person():
    world = told(claim(user("ada"), anonymous("kiosk")), claim(user("ada"), anonymous("phone")))
    blocking = small_rules(identifiers=100, links_a_day=50).model_copy(
        update={"blocked": ("kiosk",)}
    )
    world.rulebook = World(blocking).rulebook
    world.write(redecide(world.everybody(), world.rulebook))
    assert world.people() == {
        frozenset({user("ada"), anonymous("phone")}),
        frozenset({anonymous("kiosk")}),
    }
    assert [each.reason for each in world.disputes.values()] == ["blocked"]


def test_what_is_known_of_a_kind_that_the_rules_have_dropped_stays_with_its_person():
    world = told(claim(user("ada"), device("phone")), claim(user("ben"), device("laptop")))
    rules = small_rules(identifiers=100, links_a_day=50)
    kept = tuple(rule for rule in rules.kinds if rule.kind != "device_id")
    world.rulebook = World(rules.model_copy(update={"kinds": kept})).rulebook
    world.take([claim(user("ada"), email("ada@mail.example"))])
    assert world.people() == {
        frozenset({user("ada"), device("phone"), email("ada@mail.example")}),
        frozenset({user("ben"), device("laptop")}),
    }
