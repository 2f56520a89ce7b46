"""Who is one person and who is not: the policy case by case."""

from datetime import timedelta

import pytest

from shared.domain.identity.claims import claim_of
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Known
from shared.domain.identity.resolve import resolve
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES
from tests.domain.identity.making import NOON, anonymous, claim, device, email, user
from tests.domain.identity.worlds import World


def phone(value):
    return Identifier("phone", value)


def world_of(*claims):
    world = World(DEFAULT_RULES)
    for each in claims:
        world.take([each])
    return world


def people_of(*claims):
    return world_of(*claims).people()


def reasons(world):
    return {frozenset(pair): dispute.reason for pair, dispute in world.disputes.items()}


# --- joining ------------------------------------------------------------------------------------


def test_a_first_event_makes_a_person_with_a_strand_for_each_identifier():
    world = world_of(claim(user("ada"), device("phone"), anonymous("browser")))
    (root,) = world.graphs
    assert root == world.strands[user("ada")], "the strongest answers"
    assert len(set(world.strands.values())) == 3
    assert set(world.redirects.values()) == {root}


def test_a_visitor_who_signs_up_keeps_the_profile_of_the_visit():
    world = world_of(claim(anonymous("browser")))
    (visit,) = world.graphs
    world.take([claim(user("ada"), anonymous("browser"))])
    assert set(world.graphs) == {visit}
    assert world.graph(visit).joins == 0, "nobody has been merged"


def test_two_visitors_become_one_when_they_sign_in():
    world = world_of(
        claim(anonymous("browser")),
        claim(anonymous("phone")),
        claim(user("ada"), anonymous("browser")),
        claim(user("ada"), anonymous("phone")),
    )
    (root,) = world.graphs
    graph = world.graph(root)
    assert graph.joins == 1
    assert root == world.strands[anonymous("browser")], "the one with the user survives"
    assert {each.strand_id for each in graph.roots[1:]} == {world.strands[anonymous("phone")]}


def test_an_alias_ties_an_anonymous_past_to_a_user(make_event):
    event = make_event(type="alias", user_id="ada", previous_id="visitor")
    world = world_of(claim(anonymous("visitor")))
    world.take([claim_of(event, world.rulebook)])
    assert world.people() == {frozenset({user("ada"), anonymous("visitor")})}


def test_the_till_the_mini_program_and_the_web_shop_know_one_person():
    member = Identifier("member_id", "M100")
    unionid, openid = Identifier("wechat_unionid", "un1"), Identifier("wechat_openid", "op1")
    world = world_of(
        claim(member, phone("+8613900001111"), proof="server"),
        claim(unionid, openid, proof="server"),
        claim(unionid, phone("+8613900001111"), proof="server"),
        claim(user("ada"), phone("+8613900001111"), proof="server"),
        claim(openid, anonymous("browser")),
    )
    assert len(world.people()) == 1


# --- keeping apart ------------------------------------------------------------------------------


def test_two_people_on_one_device_stay_two_and_the_device_is_the_firsts():
    world = world_of(
        claim(user("ada"), device("tablet")),
        claim(user("ben"), device("tablet")),
        claim(device("tablet")),
    )
    assert world.people() == {
        frozenset({user("ada"), device("tablet")}),
        frozenset({user("ben")}),
    }
    assert reasons(world) == {frozenset({user("ben"), device("tablet")}): "kept_apart"}


def test_what_is_in_dispute_is_no_news_when_it_is_told_again_later():
    world = world_of(claim(user("ada"), device("tablet")), claim(user("ben"), device("tablet")))
    done = world.take([claim(user("ben"), device("tablet"))])
    assert not any((done.graphs, done.disputes, done.settled)), "nothing is written for it"
    earlier = world.take([claim(user("ben"), device("tablet"), minutes=-1)])
    assert earlier.graphs, "who was there first has it, whenever that is heard"


def test_a_device_goes_to_the_one_who_was_there_earlier_even_if_that_is_heard_later():
    first, second = claim(user("ben"), device("tablet")), claim(user("ada"), device("tablet"))
    world = world_of(second)
    before = world.owner(user("ada"))
    world.take([first])
    assert world.people() == {
        frozenset({user("ben"), device("tablet")}),
        frozenset({user("ada")}),
    }
    assert world.owner(user("ada")) == before, "who stays keeps the profile"
    assert world.counts["split"] == 1


def test_a_shared_address_joins_no_two_users():
    world = world_of(
        claim(user("ada"), email("family@mail.example"), proof="server"),
        claim(user("ben"), email("family@mail.example"), proof="server"),
    )
    assert len(world.people()) == 2
    assert set(reasons(world).values()) == {"limit"}


def test_strong_evidence_that_comes_late_parts_what_a_weak_link_had_joined():
    world = world_of(
        claim(email("ada@mail.example"), device("tablet")),
        claim(user("ben"), device("tablet")),
    )
    assert len(world.people()) == 1
    world.take([claim(user("ada"), email("ada@mail.example"), proof="server")])
    # Two users cannot be one: the address is ada's, and the tablet was seen with it first.
    assert world.people() == {
        frozenset({user("ada"), email("ada@mail.example"), device("tablet")}),
        frozenset({user("ben")}),
    }


def test_ten_thousand_junk_identifiers_merge_nobody(make_event):
    junk = ["null", "undefined", "0000-0000", "-1", "test", "Unknown", "[object Object]", "NaN"]
    world = World(DEFAULT_RULES)
    for number in range(10_000):  # of junk in every place
        event = make_event(
            type="identify",
            user_id=f"u{number}",
            anonymous_id=junk[number % 8],
            traits={"email": "null@null.com", "phone": "00000000000"},
            context={"device": {"id": "00000000-0000-0000-0000-000000000000"}},
        )
        made = claim_of(event, world.rulebook)
        assert made.identifiers == (user(f"u{number}"),)
        assert len(made.unusable) == 4
    # Junk that no rule knows yet: everybody has it, and it still merges nobody.
    claims = [claim(user(f"u{n}"), device("new junk"), minutes=0) for n in range(300)]
    for start in range(0, 300, 100):
        world.take(claims[start : start + 100])
    people = world.people()
    assert len(people) == 300
    assert sorted(map(len, people))[-2:] == [1, 2]


def test_the_breaker_stops_a_person_that_swallows_everybody():
    world = World(DEFAULT_RULES)
    for number in range(120):
        world.take([claim(email("shop@mail.example"), anonymous(f"a{number}"), minutes=number)])
    assert max(map(len, world.people())) == 51, "50 joins on one day"
    assert set(reasons(world).values()) == {"breaker"}


# --- who vouches ----------------------------------------------------------------------------------


def test_a_public_key_adds_to_a_person_but_does_not_merge_two():
    known = [
        claim(user("ada"), phone("+8613900001111"), proof="server"),
        claim(Identifier("wechat_unionid", "un1"), email("eve@mail.example"), proof="server"),
    ]
    spoofed = claim(user("ada"), email("eve@mail.example"))
    world = world_of(*known, spoofed)
    assert len(world.people()) == 2
    assert reasons(world) == {frozenset({user("ada"), email("eve@mail.example")}): "unproven"}
    world.take([claim(user("ada"), email("new@mail.example"))])
    assert world.owner(email("new@mail.example")) == world.owner(user("ada"))


def test_naming_a_stronger_kind_beside_it_does_not_pull_over_what_was_linked_before():
    openid = Identifier("wechat_openid", "op1")
    world = world_of(
        claim(openid, phone("+8613900001111")),
        claim(user("eve"), phone("+8613900001111")),
        claim(user("eve"), email("eve@mail.example")),
    )
    assert world.owner(phone("+8613900001111")) == world.owner(openid)
    late = world_of(
        claim(openid, phone("+8613900001111")),
        claim(user("eve"), email("eve@mail.example")),
        claim(user("eve"), phone("+8613900001111")),
    )
    assert late.people() == {
        frozenset({openid, phone("+8613900001111")}),
        frozenset({user("eve"), email("eve@mail.example")}),
    }


@pytest.mark.parametrize("proof", ["server", "hash", "operator", "import"])
def test_proof_that_comes_later_merges_what_was_unproven(proof):
    unionid = Identifier("wechat_unionid", "un1")
    world = world_of(
        claim(user("ada"), phone("+8613900001111"), proof="server"),
        claim(unionid, email("ada@mail.example"), proof="server"),
        claim(user("ada"), email("ada@mail.example")),
    )
    assert len(world.people()) == 2
    world.take([claim(user("ada"), email("ada@mail.example"), proof=proof)])
    assert len(world.people()) == 1
    assert world.disputes == {}


# --- what is written ----------------------------------------------------------------------------


def test_a_known_claim_is_decided_without_a_write():
    seen = claim(user("ada"), anonymous("browser"))
    world = world_of(seen)
    for each in (seen, claim(user("ada"), anonymous("browser")), claim(user("ada"))):
        done = world.take([each])
        assert done.graphs == ()


def test_enrolments_of_absorbed_roots_are_remembered():
    world = world_of(claim(anonymous("phone")), claim(user("ada")))
    phone_root = world.strands[anonymous("phone")]
    known = world.known([claim(anonymous("phone"))])
    (graph,) = known.graphs.values()
    enrolling = graph.roots[0]._replace(enrols=True)
    world.graphs[phone_root][0]["roots"][0][2] = True
    world.take([claim(user("ada"), anonymous("phone"))])
    (merged,) = (world.graph(root) for root in world.graphs)
    assert merged.roots[1] == enrolling
    assert merged.person("w").desks == (merged.profile_id, phone_root)


def test_a_claim_needs_the_graph_of_whoever_it_names():
    owners = {user("ada"): "p1"}
    with pytest.raises(ValueError, match="the graph of p1 lacks user_id"):
        resolve(
            [claim(user("ada"), anonymous("x"))],
            Known(owners=owners),
            rulebook_of(DEFAULT_RULES),
            lambda: "s1",
        )


def test_a_window_forgets_by_days():
    """Two openids within two days are too many for a third; days apart they are not."""
    from tests.domain.identity.generators import small_rules

    rules = small_rules(identifiers=100, links_a_day=50)
    openids = [Identifier("openid", str(n)) for n in range(3)]
    for gap, people in ((1, 2), (1_440 * 2, 1)):
        world = World(rules)
        for number, each in enumerate(openids):
            minutes = number * gap - (NOON - NOON.replace(hour=1)) // timedelta(minutes=1)
            world.take([claim(user("ada"), each, proof="server", minutes=minutes)])
        assert len(world.people()) == people


def test_a_link_that_is_refused_and_two_newcomers_in_one_batch_do_not_mix():
    world = world_of(claim(user("ada")), claim(user("ben")))
    world.take([claim(user("ada"), user("ben")), claim(device("tablet"), device("phone"))])
    assert world.people() == {
        frozenset({user("ada")}),
        frozenset({user("ben")}),
        frozenset({device("tablet"), device("phone")}),
    }
