"""A batch falls into groups that touch nowhere."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.identity.forest import Forest
from shared.domain.identity.graph import Identifier
from shared.domain.identity.groups import connected
from shared.domain.identity.resolution import Claim

NOW = datetime(2026, 11, 22, tzinfo=UTC)
identifiers = st.builds(
    Identifier, st.sampled_from(["user_id", "anonymous_id"]), st.sampled_from("abcdefgh")
)
batches = st.lists(st.lists(identifiers, min_size=1, max_size=3), max_size=12)
owners = st.dictionaries(identifiers, st.sampled_from(["p1", "p2", "p3"]), max_size=6)


def claim(identifiers):
    return Claim(message_id="m", source_id="web", at=NOW, identifiers=tuple(identifiers))


@given(batches, owners)
def test_every_claim_is_in_one_group_in_its_order(batch, known):
    groups = connected([claim(each) for each in batch], known)
    assert sorted(index for group in groups for index in group) == list(range(len(batch)))
    assert all(list(group) == sorted(group) for group in groups)
    assert [group[0] for group in groups] == sorted(group[0] for group in groups)


@given(batches, owners)
def test_claims_touch_exactly_when_they_are_in_one_group(batch, known):
    """Against the slow way: join whatever shares a node until nothing changes."""
    slow = [({i}, {*each, *(known[x] for x in each if x in known)}) for i, each in enumerate(batch)]
    merged = True
    while merged:
        merged = False
        for one in slow:
            other = next((it for it in slow if it is not one and it[1] & one[1]), None)
            if other:
                slow.remove(one)
                slow.remove(other)
                slow.append((one[0] | other[0], one[1] | other[1]))
                merged = True
                break
    groups = connected([claim(each) for each in batch], known)
    assert {frozenset(group) for group in groups} == {frozenset(members) for members, _ in slow}


THINGS = st.integers(0, 9)


@given(st.lists(st.tuples(THINGS, THINGS), max_size=14))
def test_things_hang_together_over_links_however_long_the_way(links):
    forest = Forest()
    sets = {}
    for one, other in links:
        forest.connect(str(one), str(other))
        both = sets.get(one, {one}) | sets.get(other, {other})
        sets |= dict.fromkeys(both, both)
        for each, beside in sets.items():
            assert str(each) in forest
            together = {other for other in sets if forest.of(str(each)) == forest.of(str(other))}
            assert together == beside
    assert "10" not in forest
    assert forest.of("10") == "10"
    assert "10" in forest, "whoever was asked for is there, alone"


def test_the_same_value_of_two_kinds_is_two_identifiers():
    one, other = claim([Identifier("user_id", "7")]), claim([Identifier("anonymous_id", "7")])
    assert connected([one, other], {}) == ((0,), (1,))


def test_two_devices_of_one_known_profile_are_one_group():
    one, other = Identifier("anonymous_id", "phone"), Identifier("anonymous_id", "laptop")
    assert connected([claim([one]), claim([other])], {one: "p", other: "p"}) == ((0, 1),)
