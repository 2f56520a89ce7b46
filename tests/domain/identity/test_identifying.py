"""People are decided on in groups, again when others are faster, and apart when it is too much."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.identity.claims import claim_of
from shared.domain.identity.evidence import edges_of
from shared.domain.identity.graph import Identifier
from shared.domain.identity.identifying import MAX_ATTEMPTS, Identify
from shared.domain.identity.resolution import Resolution
from shared.domain.identity.resolve import redecide
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES
from shared.domain.identity.unmerge import Order, unmerge_link
from shared.errors import ConflictError, NotFoundError, PermanentError, TransientError
from tests.conftest import NOON
from tests.domain.identity.making import anonymous, device, email, user
from tests.domain.identity.memory import Memory

BOOK = rulebook_of(DEFAULT_RULES)
MINUTE = timedelta(minutes=1)


def memory(**more):
    return Memory(DEFAULT_RULES, **more)


def test_a_group_that_is_too_large_for_one_write_is_halved(make_event):
    people = memory()
    people.most_graphs = 2
    known = [make_event(user_id=f"u{n}") for n in range(4)]
    people.applier().apply(known)
    shared = [make_event(user_id=f"u{n}", anonymous_id="tablet") for n in range(4)]
    applied = people.applier().apply(shared)
    assert applied.failed == set()
    assert applied.counts == {"EventsApplied": 4, "IdentifiersDisputed": 3}
    for n, event in enumerate(shared):
        assert event.message_id in people.stored()[user(f"u{n}")]
    one_by_one = memory()
    for event in (*known, *shared):
        one_by_one.applier().apply([event])
    assert people.worlds["default"].people() == one_by_one.worlds["default"].people()


def test_strands_of_both_halves_are_new(make_event):
    """Nothing of a strand that was made just now is read, in whichever half it was made."""
    people = memory()
    people.most_graphs = 1
    said = {"type": "identify", "traits": {"city": "Bern"}}
    events = [make_event(user_id=f"u{n}", anonymous_id="tablet", **said) for n in range(4)]
    applied = people.applier().apply(events)
    assert applied.counts["EventsApplied"] == 4
    assert applied.counts["ProfilesCreated"] == 4
    assert people.named("recall") == []


def test_one_event_that_needs_more_than_can_be_read_leaves_a_dispute(make_event):
    """Strong evidence that parts others: without reading them all, nobody is moved."""
    people = memory()
    mail = {"email": "shared@mail.example"}
    told = {"type": "identify", "traits": mail, "server": True}
    people.applier().apply([make_event(user_id=None, anonymous_id="t", type="identify",
                                       traits=mail, at=NOON)])  # fmt: skip
    people.applier().apply([make_event(user_id="ben", anonymous_id="t", at=NOON + MINUTE)])
    before = people.worlds["default"].people()
    assert before == {frozenset({user("ben"), anonymous("t"), email("shared@mail.example")})}
    people.most_wide = 0
    event = make_event(user_id="ada", **told, at=NOON + 2 * MINUTE)
    applied = people.applier().apply([event])
    assert applied.failed == set()
    assert applied.counts == {
        "ProfilesCreated": 1, "EventsApplied": 1, "IdentifiersDisputed": 1, "MergesStopped": 1,
    }  # fmt: skip
    world = people.worlds["default"]
    assert world.people() == before | {frozenset({user("ada")})}
    (dispute,) = world.disputes.values()
    assert dispute.reason == "breaker"
    assert dispute.edge == edges_of(claim_of(event, BOOK, "server"))[0]
    assert event.message_id in people.stored()[user("ada")]
    assert people.named("recall") == [], "the new strand is known to be new"

    # Told again it is no news; told earlier the dispute has the better evidence.
    assert people.applier().apply([replace(event, message_id="zz")]).counts == {"EventsApplied": 1}
    assert [*world.disputes.values()] == [dispute]
    earlier = replace(event, message_id="early", occurred_at=NOON - MINUTE)
    counts = people.applier().apply([earlier]).counts
    assert counts == {"EventsApplied": 1, "IdentifiersDisputed": 1, "MergesStopped": 1}
    (again,) = world.disputes.values()
    assert (again.edge.message_id, again.edge.at) == ("early", NOON - MINUTE)
    people.most_wide = 100
    people.applier().apply([replace(event, message_id="last", occurred_at=NOON - 2 * MINUTE)])
    assert world.owner(user("ada")) == world.owner(email("shared@mail.example"))
    assert world.owner(user("ben")) != world.owner(user("ada"))


def test_an_event_that_names_too_much_to_be_written_comes_again(make_event):
    people = memory()
    people.most_graphs = 0
    applied = people.applier().apply([make_event(user_id="ada", anonymous_id="a")])
    assert applied.failed == {0}
    assert [str(each) for each in people.errors] == [
        "a single event names too much to be written at once"
    ]


@pytest.mark.parametrize(("conflicts", "failed"), [(MAX_ATTEMPTS - 1, set()), (MAX_ATTEMPTS, {0})])
def test_a_decision_is_tried_so_many_times(make_event, conflicts, failed):
    people = memory()
    event = make_event(user_id="ada", anonymous_id="a")
    finds = iter(range(conflicts))
    commit = people.commit

    def faster(*asked):
        if next(finds, None) is not None:
            raise ConflictError("faster")
        return commit(*asked)

    people.commit = faster
    applied = people.applier().apply([event])
    assert applied.failed == failed
    assert [str(each) for each in people.errors] == (
        ["others keep changing the same person"] if failed else []
    )


def test_identifiers_of_every_kind_have_strands_of_their_own(make_event):
    people = memory()
    event = make_event(
        type="identify",
        user_id="ada",
        anonymous_id="a",
        traits={"email": "ada@mail.example"},
        context={"device": {"id": "d"}},
    )
    applied = people.applier().apply([event])
    assert applied.counts == {"ProfilesCreated": 1, "EventsApplied": 1}
    named = [user("ada"), email("ada@mail.example"), device("d"), anonymous("a")]
    assert [people.strand_of(each) for each in named] == ["s1", "s2", "s3", "s4"]
    assert people.events.keys() == {"s1"}
    assert isinstance(named[0], Identifier)


# --- deciding again -----------------------------------------------------------------------------


def identify_over(people, counts):
    return Identify(people, "default", BOOK, people.ports().new_id, counts)


def two_users_of_a_tablet(make_event):
    people = memory()
    for name in ("ada", "ben"):
        people.applier().apply([make_event(user_id=name, anonymous_id="tablet")])
    people.log.clear()
    return people


def test_deciding_again_reads_whoever_is_in_dispute_and_counts_what_came_of_it(make_event):
    people, counts = two_users_of_a_tablet(make_event), Counter()
    seen = []

    def part(known):
        seen.append(known)
        order = Order("o1", "mei", NOON)
        return unmerge_link(known, user("ada"), anonymous("tablet"), order, BOOK).resolution

    identify_over(people, counts).decide_again([user("ada"), anonymous("tablet")], part)
    world = people.worlds["default"]
    assert world.people() == {
        frozenset({user("ada")}),
        frozenset({user("ben"), anonymous("tablet")}),
    }
    (known,) = seen
    assert known.wide
    assert known.owners.keys() == {user("ada"), user("ben"), anonymous("tablet")}
    assert len(known.graphs) == 2
    root = people.strand_of(user("ada"))
    asked = frozenset({user("ada"), anonymous("tablet")})
    assert people.log == [
        ("sightings", "default", asked),
        ("find", "default", asked),
        ("widen", "default", asked, frozenset({root})),
        ("commit", "default", 2, 1),
    ]
    assert counts == {"ProfilesSplit": 1, "ProfilesMerged": 1, "IdentifiersDisputed": 1}


def test_deciding_again_on_nothing_new_writes_nothing(make_event):
    people, counts = two_users_of_a_tablet(make_event), Counter()
    identify_over(people, counts).decide_again([user("ada")], lambda known: redecide(known, BOOK))
    assert people.named("commit") == []
    assert counts == Counter()


def test_whoever_is_unknown_is_named(make_event):
    people = two_users_of_a_tablet(make_event)
    identify = identify_over(people, Counter())
    with pytest.raises(NotFoundError) as caught:
        identify.decide_again([user("ada"), user("x"), device("y")], lambda known: Resolution())
    assert caught.value.message == "nobody has the device_id 'y'"


@pytest.mark.parametrize("limit", ["most_wide", "most_graphs"])
def test_what_is_too_much_at_once_is_refused_for_good(make_event, limit):
    people = two_users_of_a_tablet(make_event)
    setattr(people, limit, 0)
    other = rulebook_of(DEFAULT_RULES.model_copy(update={"blocked": ("tablet",)}))
    with pytest.raises(PermanentError, match="too many others"):
        identify_over(people, Counter()).decide_again(
            [user("ada")], lambda known: redecide(known, other)
        )


def test_deciding_again_waits_for_an_erasure_and_tries_again_when_others_are_faster(make_event):
    people, counts = two_users_of_a_tablet(make_event), Counter()
    people.erasing = {people.strand_of(user("ada")): NOON}
    identify = identify_over(people, counts)
    other = rulebook_of(DEFAULT_RULES.model_copy(update={"blocked": ("tablet",)}))
    with pytest.raises(TransientError, match="being erased"):
        identify.decide_again([user("ada")], lambda known: redecide(known, other))
    people.erasing = {}
    people.troubles = {people.calls + n: ConflictError("faster") for n in (2, 5, 9)}
    identify.decide_again([user("ada")], lambda known: redecide(known, other))
    assert len(people.named("sightings")) == 5
    assert counts["ProfilesSplit"] == 1
    assert [each.reason for each in people.worlds["default"].disputes.values()] == ["blocked"] * 2


def test_merges_and_splits_are_counted_by_who_stands_in_people_before_and_after(make_event):
    """Two browsers with a person each become one with the user, who takes both along."""
    people = memory()
    for name in ("a", "b", "c"):
        people.applier().apply([make_event(user_id=None, anonymous_id=name)])
    linking = [make_event(user_id="ada", anonymous_id=name) for name in ("a", "b", "c")]
    applied = people.applier().apply([*linking, make_event(user_id="new")])
    assert applied.counts == {"EventsApplied": 4, "ProfilesMerged": 2, "ProfilesCreated": 1}
