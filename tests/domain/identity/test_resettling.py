"""Identifiers come back into the strands that they had, but nobody whom an erasure took since."""

from datetime import timedelta

from shared.domain.identity.resettling import Home, Resettle
from shared.domain.identity.rules import DEFAULT_RULES
from shared.errors import ConflictError
from tests.conftest import NOON
from tests.domain.identity.making import anonymous, device, email, user
from tests.domain.identity.memory import Memory

HOUR = timedelta(hours=1)


def resettle(people, *homes, workspace_id="default"):
    ports = people.ports()
    return Resettle(ports.identity, ports.tombstones, ports.catalog).settle(workspace_id, homes)


def test_each_identifier_is_a_person_of_its_own_in_its_strand():
    people = Memory(DEFAULT_RULES)
    homes = [Home(user("ada"), "p7", NOON), Home(anonymous("a"), "p3", NOON - HOUR)]
    assert resettle(people, *homes) == 2
    world = people.worlds["default"]
    assert world.strands == {user("ada"): "p7", anonymous("a"): "p3"}
    assert world.people() == {frozenset({user("ada")}), frozenset({anonymous("a")})}
    assert {row.linked_at for row in people.rows.values()} == {NOON, NOON - HOUR}
    assert [graph.nodes[0].first_at for graph in map(world.graph, ("p7", "p3"))] == [
        *(NOON, NOON - HOUR)
    ]


def test_doing_it_again_changes_nothing_and_makes_what_is_left():
    people = Memory(DEFAULT_RULES)
    first, second = Home(user("ada"), "p1", NOON), Home(user("ben"), "p2", NOON)
    assert resettle(people, first) == 1
    assert resettle(people, first, second) == 1
    assert resettle(people, first, second) == 0
    assert people.worlds["default"].strands == {user("ada"): "p1", user("ben"): "p2"}


def test_the_first_word_about_an_identifier_counts():
    people = Memory(DEFAULT_RULES)
    homes = [Home(user("ada"), "p1", NOON), Home(user("ada"), "p2", NOON - HOUR)]
    assert resettle(people, *homes) == 1
    assert people.worlds["default"].strands == {user("ada"): "p1"}


def test_whoever_was_erased_since_stays_away():
    people = Memory(DEFAULT_RULES)
    homes = [
        Home(user("gone"), "p1", NOON),
        Home(email("back"), "p2", NOON, erased_at=NOON),
        Home(device("again"), "p3", NOON, erased_at=NOON - HOUR),
        Home(anonymous("later"), "p4", NOON, erased_at=NOON + HOUR),
        Home(user("never"), "p5", NOON),
    ]
    people.tombstones = {home.identifier: NOON for home in homes[:4]}
    assert resettle(people, *homes) == 3
    assert people.worlds["default"].strands == {
        email("back"): "p2",
        anonymous("later"): "p4",
        user("never"): "p5",
    }
    gone = {identifier: row.erased_at for (_, identifier), row in people.rows.items()}
    assert gone == {email("back"): NOON, anonymous("later"): NOON, user("never"): None}


def test_it_is_one_workspace_and_only_those_who_are_missing():
    people = Memory(DEFAULT_RULES)
    resettle(people, Home(user("ada"), "p1", NOON), workspace_id="other")
    people.log.clear()
    home = Home(user("ada"), "p1", NOON)
    assert resettle(people, home, workspace_id="shop") == 1
    assert {call[1] for call in people.log} == {"shop"}
    assert people.worlds["shop"].strands == {user("ada"): "p1"}
    people.log.clear()
    resettle(people, home, Home(user("ben"), "p2", NOON), workspace_id="shop")
    assert people.named("erased") == [("erased", "shop", frozenset({user("ben")}))]


def test_it_is_tried_again_when_somebody_is_faster():
    people = Memory(DEFAULT_RULES)
    people.troubles = {4: ConflictError("faster"), 5: ConflictError("faster")}
    assert resettle(people, Home(user("ada"), "p1", NOON)) == 1
    assert people.worlds["default"].strands == {user("ada"): "p1"}
