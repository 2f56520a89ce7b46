"""Whose event is it: the policy case by case, and what holds for any sequence of claims."""

from datetime import UTC, datetime
from itertools import count, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.identity.groups import connected
from shared.domain.identity.model import Claim, Identifier, Known
from shared.domain.identity.resolve import claim_of, resolve, undecided

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def user(value):
    return Identifier("user_id", value)


def device(value):
    return Identifier("anonymous_id", value)


def claim(user_id=None, anonymous_id=None, previous_id=None):
    return Claim(
        message_id="m",
        source_id="web",
        at=NOW,
        user=user(user_id) if user_id else None,
        weak=(device(anonymous_id),) if anonymous_id else (),
        former=previous_id,
    )


class World:
    """What the table would hold: it applies plans and refuses whatever may not happen."""

    def __init__(self):
        self.owners = {}
        self.users = {}
        self.ids = count(1)

    def apply(self, claims):
        """Read, decide and write as the function does; gives the profile of each claim."""
        asked = {identifier for each in claims for identifier in each.identifiers}
        known = Known({i: p for i, p in self.owners.items() if i in asked})
        known = Known(known.owners, {p: self.users[p] for p in undecided(claims, known)})
        profiles = [""] * len(claims)
        for group in connected(claims, known.owners):
            plan = resolve([claims[i] for i in group], known, lambda: f"p{next(self.ids)}")
            assert plan.created <= {link.profile_id for link in plan.links}
            for created in plan.created:
                assert created not in self.users
                self.users[created] = None
            for link in plan.links:
                assert link.identifier not in self.owners, "an identifier moved"
                self.owners[link.identifier] = link.profile_id
                if link.identifier.kind == "user_id":
                    assert self.users[link.profile_id] is None, "two users on one profile"
                    self.users[link.profile_id] = link.identifier.value
            for index, owner in zip(group, plan.owners, strict=True):
                profiles[index] = owner
        return profiles

    def people(self):
        """The partition of identifiers into people, whatever the profiles are called."""
        sets = {}
        for identifier, profile_id in self.owners.items():
            sets.setdefault(profile_id, set()).add(identifier)
        return {frozenset(each) for each in sets.values()}


names = st.sampled_from("abc")
claims = st.one_of(
    st.builds(claim, user_id=names),
    st.builds(claim, anonymous_id=names),
    st.builds(claim, user_id=names, anonymous_id=names),
    st.builds(claim, user_id=names, anonymous_id=st.none() | names, previous_id=names).filter(
        lambda it: it.former_user != it.user
    ),
)
sequences = st.lists(claims, max_size=20)


def people_of(*batches):
    world = World()
    for batch in batches:
        world.apply(list(batch))
    return world.people()


def test_a_first_event_makes_a_profile_with_all_its_identifiers():
    assert people_of([claim("ada", "phone")]) == {frozenset({user("ada"), device("phone")})}


def test_a_known_user_brings_a_new_device_along():
    assert people_of([claim("ada", "phone")], [claim("ada", "laptop")]) == {
        frozenset({user("ada"), device("phone"), device("laptop")})
    }


def test_a_visitor_who_signs_up_keeps_the_profile_of_the_visit():
    world = World()
    visit, sign_up = world.apply([claim(None, "phone")]) + world.apply([claim("ada", "phone")])
    assert visit == sign_up


def test_a_second_user_of_a_device_gets_a_profile_and_the_device_stays_where_it_is():
    world = World()
    ada, ben, visit = world.apply(
        [claim("ada", "tablet"), claim("ben", "tablet"), claim(None, "tablet")]
    )
    assert ada != ben
    assert visit == ada


def test_a_device_that_one_claim_gives_to_a_known_user_is_not_given_to_the_next():
    world = World()
    world.apply([claim("ada")])
    ada, ben = world.apply([claim("ada", "tablet"), claim("ben", "tablet")])
    assert (world.users[ada], world.users[ben]) == ("ada", "ben")


def test_a_device_that_stays_with_somebody_else_is_reported_as_disputed():
    known = Known({device("tablet"): "p1"}, {"p1": "ada"})
    plan = resolve([claim("ben", "tablet")], known, lambda: "p2")
    (dispute,) = plan.disputes
    assert (dispute.identifier, dispute.owner_id, dispute.claimant_id) == (
        device("tablet"),
        "p1",
        "p2",
    )


def test_an_alias_gives_an_anonymous_profile_its_user():
    world = World()
    visit, alias = world.apply([claim(None, "visitor"), claim("ada", None, "visitor")])
    assert visit == alias
    assert world.users[visit] == "ada"


def test_an_alias_to_a_free_id_attaches_it():
    assert people_of([claim("ada", None, "old")]) == {frozenset({user("ada"), device("old")})}


def test_an_alias_between_two_users_joins_nobody_and_is_disputed():
    world = World()
    world.apply([claim("old"), claim("new")])
    before = world.people()
    known = Known(dict(world.owners), {})
    plan = resolve([claim("new", None, "old")], known, lambda: "never")
    assert plan.links == ()
    assert [dispute.identifier for dispute in plan.disputes] == [user("old")]
    world.apply([claim("new", None, "old")])
    assert world.people() == before


def test_an_alias_of_a_user_leaves_the_device_of_the_same_name_alone():
    assert people_of([claim("old"), claim("new", None, "old")]) == {
        frozenset({user("old")}),
        frozenset({user("new")}),
    }


def test_an_alias_from_the_device_it_comes_from_is_a_sign_in_on_that_device():
    world = World()
    world.apply([claim("7")])
    visit, alias = world.apply([claim(None, "7"), claim("ada", "7", "7")])
    assert visit == alias


def test_an_alias_of_an_id_to_itself_says_nothing(make_event):
    event = make_event(type="alias", user_id="ada", previous_id="ada")
    assert claim_of(event).identifiers == (user("ada"),)


def test_empty_identifiers_say_nothing(make_event):
    assert claim_of(make_event(user_id="", anonymous_id="phone")).identifiers == (device("phone"),)


def test_a_previous_id_counts_in_an_alias_to_a_user_only(make_event):
    event = make_event(user_id="ada", previous_id="visitor")
    assert claim_of(event).identifiers == (user("ada"),)
    to_nobody = make_event(type="alias", anonymous_id="phone", previous_id="visitor")
    assert claim_of(to_nobody).identifiers == (device("phone"),)


def test_a_profile_that_already_carries_the_user_id_is_that_users():
    """A plan that was cut between two transactions leaves a user id without its row."""
    known = Known({device("phone"): "p1"}, {"p1": "ada"})
    plan = resolve([claim("ada", "phone")], known, lambda: "never")
    assert plan.owners == ("p1",)
    assert [link.identifier for link in plan.links] == [user("ada")]


@settings(max_examples=400)
@given(sequences, st.data())
def test_batches_of_any_size_give_the_same_people(sequence, data):
    world = World()
    one_by_one = [world.apply([each])[0] for each in sequence]
    cuts = data.draw(st.lists(st.integers(0, len(sequence)), max_size=4).map(sorted))
    batched, start = World(), 0
    profiles = []
    for end in [*cuts, len(sequence)]:
        profiles += batched.apply(sequence[start:end])
        start = end
    assert batched.people() == world.people()
    same_name = dict(zip(one_by_one, profiles, strict=True))
    assert [same_name[profile] for profile in one_by_one] == profiles


@given(sequences, st.data())
def test_seeing_claims_again_changes_nothing(sequence, data):
    once, twice = World(), World()
    first = once.apply(sequence)
    profiles = {}
    for index, each in enumerate(sequence):
        profiles[index] = twice.apply([each])[0]
        again = data.draw(st.integers(0, index))
        assert twice.apply([sequence[again]]) == [profiles[again]]
    assert once.people() == twice.people()
    assert once.apply(sequence) == first


@given(sequences)
def test_no_profile_ever_has_two_users_and_every_user_has_one(sequence):
    world = World()
    world.apply(sequence)
    users = [i for i in world.owners if i.kind == "user_id"]
    assert len({world.owners[i] for i in users}) == len(users)
    assert set(users) == {each.user for each in sequence if each.user}


@given(sequences, st.randoms(use_true_random=False))
def test_in_any_order_people_are_joined_by_evidence_only(sequence, random):
    shuffled = list(sequence)
    random.shuffle(shuffled)
    world = World()
    world.apply(shuffled)
    evidence = [
        {identifier for index in group for identifier in sequence[index].identifiers}
        for group in connected(sequence, {})
    ]
    for person in world.people():
        assert any(person <= group for group in evidence)


@given(sequences, st.randoms(use_true_random=False))
def test_in_any_order_all_events_of_a_user_are_on_one_profile(sequence, random):
    shuffled = list(sequence)
    random.shuffle(shuffled)
    world = World()
    profiles = world.apply(shuffled)
    for each, profile in zip(shuffled, profiles, strict=True):
        if each.user:
            assert world.users[profile] == each.user.value


def test_what_order_can_change_until_profiles_merge():
    """Honest limits of links that never move: who comes first keeps the device, and two profiles
    that were made before anything tied them together stay two."""
    shared = [claim("ada", "tablet"), claim("ben", "tablet")]
    assert len({frozenset(people_of(order)) for order in permutations(shared)}) == 2
    tied_late = [claim("ada"), claim(None, "phone"), claim("ada", "phone")]
    sizes = {len(people_of(order)) for order in permutations(tied_late)}
    assert sizes == {1, 2}
