"""Whatever the order, repetition and batching of claims, the people are those of the oracle."""

from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.domain.identity.generators import claim_lists, rulebooks
from tests.domain.identity.oracle import Oracle
from tests.domain.identity.worlds import World


@settings(max_examples=600)
@given(rulebooks, claim_lists(), st.data())
def test_any_order_repetition_and_batching_gives_the_people_of_the_oracle(rules, claims, data):
    told = data.draw(st.permutations(claims + data.draw(st.lists(st.sampled_from(claims)))))
    world = World(rules)
    while told:
        size = data.draw(st.integers(1, 4))
        world.take(told[:size])
        told = told[size:]
    for what, times in world.counts.items():
        event(what, payload=min(times, 3))
    assert world.people() == Oracle(claims, rules).people
