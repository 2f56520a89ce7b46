"""Whatever the order, repetition and batching of claims, the people are those of the oracle."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, permutations, product
from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.domain.identity import graph as graphs
from shared.domain.identity.bulk import resolve_history
from shared.domain.identity.graph import Edge, Identifier
from shared.domain.identity.resolution import Claim, Resolution
from shared.domain.identity.rulebook import rulebook_of
from tests.domain.identity.generators import claim_lists, random_claims, rulebooks, small_rules
from tests.domain.identity.making import NOON, anonymous, claim, device, email, user
from tests.domain.identity.oracle import Oracle, links_of
from tests.domain.identity.worlds import World


def tell(world, claims, size):
    """Tell a world claims in batches; `size` gives the size of the next."""
    while claims:
        count = size()
        world.take(claims[:count])
        claims = claims[count:]


@settings(max_examples=250)
@given(rulebooks, claim_lists(), st.data())
def test_any_order_repetition_and_batching_gives_the_people_of_the_oracle(rules, claims, data):
    told = data.draw(st.permutations(claims + data.draw(st.lists(st.sampled_from(claims)))))
    world = World(rules)
    tell(world, told, lambda: data.draw(st.integers(1, 4)))
    for what, times in world.counts.items():
        event(what, payload=min(times, 3))
    oracle = Oracle(claims, rules)
    assert world.people() == oracle.people
    # Every link that joins nobody is kept as a dispute, with a reason that really holds.
    apart = {
        frozenset(pair): dispute.reason
        for pair, dispute in world.disputes.items()
        if len({world.owner(end) for end in pair}) > 1
    }
    assert apart.keys() <= oracle.refused.keys()
    assert all(reason in oracle.refused[pair] for pair, reason in apart.items())
    # Of kinds that are counted by days it is known on which day each was there first.
    windowed = {rule.kind for rule in rules.kinds if rule.window_days}
    for node in (node for root in world.graphs for node in world.graph(root).nodes):
        first = oracle.first[node.identifier]
        assert node.first_at >= first
        if node.identifier.kind in windowed:
            assert node.first_at.date() == first.date()
    for pair in oracle.refused:
        assert pair in apart or len({world.owner(end) for end in pair}) == 1


@settings(max_examples=250)
@given(rulebooks, claim_lists(max_size=20))
def test_a_whole_history_at_once_gives_the_people_of_the_oracle(rules, claims):
    history = resolve_history(claims, rulebook_of(rules))
    oracle = Oracle(claims, rules)
    people = [frozenset(each) for each in history.people]
    assert set(people) == oracle.people
    assert sum(map(len, people)) == len(oracle.first), "an identifier is in one person, once"
    assert {frozenset(pair) for pair in history.refused} == oracle.refused.keys()
    best = links_of(claims)
    for pair, (edge, reason) in history.refused.items():
        told = best[frozenset(pair)]
        assert edge == Edge(*sorted(pair), told.at, told.message_id, "web", told.proof, told.rule)
        assert edge.pair == pair
        assert reason == oracle.refused[frozenset(pair)][0]


def test_of_a_history_those_without_identifiers_are_left_out():
    nobody = replace(random_claims(Random(1), 1)[0], identifiers=())
    alone = claim(user("ada"))
    shared = [claim(user(name), email("family")) for name in ("ada", "ben")]
    book = rulebook_of(small_rules())
    assert resolve_history([nobody], book).people == []
    assert resolve_history([nobody, alone, nobody], book).people == [[user("ada")]]
    history = resolve_history([nobody, *shared, nobody], book)
    assert sorted(map(sorted, history.people)) == [[email("family"), user("ada")], [user("ben")]]
    ((edge, reason),) = history.refused.values()
    assert (edge.pair, reason) == ((email("family"), user("ben")), "limit")


@pytest.mark.parametrize(("devices", "apart"), [(3, 0), (4, 1)])
@pytest.mark.parametrize("together", [False, True])
def test_a_star_is_held_to_its_limits(devices, apart, together):
    """A hub with leaves that nobody else has, told link by link or all at once."""
    leaves = [anonymous(f"a{n}") for n in range(devices)]
    rules = small_rules(identifiers=100, links_a_day=50, weak=3)
    told = [claim(user("ada"), *leaves)] if together else [claim(user("ada"), x) for x in leaves]
    history = resolve_history(told, rulebook_of(rules))
    assert len(history.people) == 1 + apart
    assert [reason for _, reason in history.refused.values()] == ["limit"] * apart


def test_every_history_of_three_links_among_four_identifiers():
    """All of them, whatever their order and proof: what is quickly found harmless is."""
    ends = [user("a"), email("a"), email("b"), anonymous("x")]
    rules = small_rules(identifiers=100, links_a_day=50)
    book = rulebook_of(rules)
    links = [*product(combinations(ends, 2), ("none", "server"))]
    for told in product(links, repeat=3):
        claims = [
            Claim(message_id=f"m{n}", source_id="web", at=NOON, identifiers=pair, proof=proof)
            for n, (pair, proof) in enumerate(told)
        ]
        people = {frozenset(each) for each in resolve_history(claims, book).people}
        assert people == Oracle(claims, rules).people, told


@settings(max_examples=120)
@given(rulebooks, claim_lists())
def test_seeing_claims_again_writes_nothing(rules, claims):
    world = World(rules)
    tell(world, claims, lambda: 1)
    before = dict(world.graphs), dict(world.disputes)
    for again in (*claims, *reversed(claims)):
        done = world.take([again])
        assert done == Resolution(places=done.places)
    assert (world.graphs, world.disputes) == before


@settings(max_examples=120)
@given(rulebooks, claim_lists())
def test_nothing_is_lost_and_no_limit_is_exceeded(rules, claims):
    world = World(rules)
    tell(world, claims, lambda: 2)
    named = {each for claim in claims for each in claim.identifiers}
    assert set(world.strands) == named
    for person in world.people():
        assert len(person) <= rules.breaker.identifiers
        counts = Counter(each.kind for each in person)
        for rule in rules.kinds:
            assert rule.window_days or counts[rule.kind] <= rule.limit
    evidence = {frozenset(pair) for pair in world.disputes} | {
        frozenset(edge.pair) for root in world.graphs for edge in world.graph(root).edges
    }
    claimed = {
        frozenset((claim.identifiers[0], other))
        for claim in claims
        for other in claim.identifiers[1:]
    }
    assert evidence == claimed, "every link that was ever claimed is kept, whether it counts or not"


@settings(max_examples=60)
@given(rulebooks, claim_lists())
def test_a_graph_is_read_as_it_was_written(rules, claims):
    world = World(rules)
    done = world.take(claims)
    for graph in done.graphs:
        read = graphs.from_json(graphs.to_json(graph), graph.version, graph.joins)
        assert read == graph


def test_a_link_that_counted_and_no_longer_does_lets_others_be_asked():
    """Told again earlier, it comes after what keeps its ends apart; a refused one counts then."""
    openid, other = Identifier("openid", "c"), Identifier("openid", "a")
    told = [
        claim(user("a"), email("c"), minutes=0),
        claim(openid, email("c"), device("a"), minutes=600),
        claim(openid, other, email("c"), minutes=0),
    ]
    rules = small_rules(identifiers=4, links_a_day=2, weak=3)
    for order in permutations(told):
        world = World(rules)
        for each in order:
            world.take([each])
        assert world.people() == {
            frozenset({user("a"), email("c")}),
            frozenset({openid, other, device("a")}),
        }


@pytest.mark.parametrize("seed", range(40))
def test_long_quarrels_end_the_same_in_every_order(seed):
    random = Random(seed)
    rules = small_rules(
        random.choice([6, 9, 100]), random.choice([3, 5, 50]), random.choice([3, 20])
    )
    claims = random_claims(random, 40)
    told = claims + random.choices(claims, k=5)
    random.shuffle(told)
    world = World(rules)
    tell(world, told, lambda: random.randint(1, 4))
    assert world.people() == Oracle(claims, rules).people


def test_what_these_tests_try_really_happens():
    """Splits, every reason and decisions that need more than the people named all occur."""
    counts = Counter()
    for seed in range(30):
        random = Random(1000 + seed)
        world = World(small_rules(random.choice([4, 9]), random.choice([2, 5])))
        tell(world, random_claims(random, 30), lambda: 1)
        counts.update(world.counts)
    assert counts.keys() == {
        "split",
        "merged",
        "wide",
        "kept_apart",
        "limit",
        "unproven",
        "breaker",
    }
    assert min(counts.values()) > 10
    # Whoever cannot be decided on alone costs a read of everybody in dispute with them.
    assert counts["wide"] == 230, "of 900 decisions"
