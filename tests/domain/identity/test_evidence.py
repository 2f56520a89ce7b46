"""What a claim links, which of two pieces of evidence is kept, and in which order links count."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from shared.domain.identity.evidence import (
    CUT,
    better,
    edges_of,
    gather,
    order_of,
    pair_of,
)
from shared.domain.identity.graph import (
    Edge,
    Graph,
    Identifier,
    Node,
    Root,
    from_json,
    proof_told,
    to_json,
)
from shared.domain.identity.person import Person
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rulebook import Standing, rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES
from tests.domain.identity.making import NOON, anonymous, device, email, user

BOOK = rulebook_of(DEFAULT_RULES)
MINUTE = timedelta(minutes=1)
EDGE = Edge(email("a@b.example"), user("ada"), NOON, "m5", "web", "none", "identify")


def test_a_claim_links_its_strongest_identifier_to_each_of_the_others():
    claim = Claim(
        message_id="m1",
        source_id="crm",
        at=NOON,
        identifiers=(user("ada"), email("a@b.example"), anonymous("a")),
        proof="server",
        rule="alias",
    )
    assert edges_of(claim) == [
        Edge(email("a@b.example"), user("ada"), NOON, "m1", "crm", "server", "alias"),
        Edge(anonymous("a"), user("ada"), NOON, "m1", "crm", "server", "alias"),
    ]
    assert edges_of(replace(claim, identifiers=(user("ada"),))) == []
    assert edges_of(replace(claim, identifiers=())) == []


def test_a_pair_is_named_the_smaller_first():
    assert (
        pair_of(user("a"), email("z")) == pair_of(email("z"), user("a")) == (email("z"), user("a"))
    )
    assert EDGE.pair == (email("a@b.example"), user("ada"))


BEST_FIRST = [
    EDGE._replace(proof="server", message_id="m8"),
    EDGE._replace(proof="import", at=NOON + MINUTE, message_id="m1"),
    EDGE._replace(at=NOON - 2 * MINUTE, message_id="m9"),
    EDGE._replace(at=NOON - MINUTE, message_id="m1"),
    EDGE._replace(at=NOON - MINUTE, message_id="m2"),
    EDGE._replace(at=NOON - MINUTE, message_id="m2", source_id="xeb"),
    EDGE._replace(at=NOON - MINUTE, message_id="m2", source_id="xeb", rule="track"),
    EDGE._replace(at=NOON - 9 * MINUTE, rule=CUT, proof="operator"),
]


@pytest.mark.parametrize("worse", range(1, len(BEST_FIRST)))
def test_vouched_evidence_is_better_then_earlier_and_a_cut_is_the_last(worse):
    for one in BEST_FIRST[:worse]:
        assert better(one, BEST_FIRST[worse]) == one
        assert better(BEST_FIRST[worse], one) == one


def test_of_vouched_twins_the_proof_decides_by_its_name():
    one, other = EDGE._replace(proof="import"), EDGE._replace(proof="server")
    assert better(one, other) == better(other, one) == one


@pytest.mark.parametrize("minutes", [-1, 0, 1])
def test_a_hash_adds_its_proof_to_the_earlier_word_and_takes_no_place(minutes):
    signed = EDGE._replace(at=NOON + minutes * MINUTE, message_id="m6", proof="hash")
    first = min(signed, EDGE, key=lambda edge: (edge.at, edge.message_id))
    expected = first._replace(proof="hash")
    assert better(EDGE, signed) == better(signed, EDGE) == expected
    vouched = EDGE._replace(proof="server", at=NOON + 5 * MINUTE)
    assert better(vouched, signed) == better(signed, vouched) == vouched


def test_the_best_of_each_pair_is_gathered_in_any_order():
    other = EDGE._replace(left=anonymous("a"))
    told = [*BEST_FIRST[:4], other, other._replace(proof="hash", at=NOON + MINUTE)]
    expected = {EDGE.pair: BEST_FIRST[0], other.pair: other._replace(proof="hash")}
    for order in permutations(told[:3] + told[4:]):
        assert gather(order) == expected
    assert gather([]) == {}


def linking(one, other, proof="none", minutes=0, message="m5"):
    return Edge(*pair_of(one, other), NOON + minutes * MINUTE, message, "web", proof, "identify")


PHONE, OPENID = Identifier("phone", "+4412"), Identifier("wechat_openid", "op1")
COUNTING_FIRST = [
    # Proven, between strong ones: by the weaker kind, the stronger kind, time, message, pair.
    linking(user("z"), OPENID, "server", 9),
    linking(user("z"), PHONE, "import", 9),
    linking(OPENID, PHONE, "operator", 1),
    linking(user("z"), email("a"), "server", 1),
    linking(user("z"), email("b"), "server", 2, "m1"),
    linking(user("z"), email("a"), "server", 2, "m2"),
    linking(user("z"), email("b"), "server", 2, "m2"),
    # Of their own word, between strong ones: by time and message; a user hash is no more.
    linking(PHONE, email("a"), "none", -2, "m7"),
    linking(user("a"), email("a"), "hash", -1, "m2"),
    linking(user("a"), email("a"), "none", -1, "m3"),
    linking(user("a"), PHONE, "none", 0, "m1"),
    linking(user("a"), email("a"), "none", 0, "m1"),
    # Proven and weak; here a user hash counts.
    linking(user("a"), device("d"), "hash", 5),
    linking(email("a"), device("d"), "server", -5),
    linking(user("a"), anonymous("d"), "server", -5),
    # The rest by time.
    linking(device("d"), anonymous("a"), "none", -9),
    linking(user("a"), anonymous("a"), "none", -8, "m1"),
    linking(user("a"), anonymous("a"), "none", -8, "m2"),
]


def test_links_count_in_the_order_that_is_written_down():
    for order in (COUNTING_FIRST, COUNTING_FIRST[::-1]):
        assert sorted(order, key=lambda edge: order_of(edge, BOOK)) == COUNTING_FIRST


def test_a_kind_counts_as_the_rules_say_and_a_dropped_one_comes_last():
    assert BOOK.standing("user_id") == Standing(0, True, 1, None)
    assert BOOK.standing("email") == Standing(6, True, 5, None)
    assert BOOK.standing("anonymous_id") == Standing(8, False, 100, None)
    assert BOOK.standing("shoe_size") == Standing(9, False, None, None)
    small = rulebook_of(
        DEFAULT_RULES.model_copy(
            update={
                "kinds": tuple(
                    kind.model_copy(update={"window_days": 7}) for kind in DEFAULT_RULES.kinds[:2]
                )
            }
        )
    )
    assert small.standing("member_id") == Standing(1, True, 1, 7)
    assert small.standing("email") == Standing(2, False, None, None)


# --- as it is stored ----------------------------------------------------------------------------

GRAPH = Graph(
    roots=(
        Root("s1", NOON, enrols=True),
        Root("s2", NOON - MINUTE),
        Root("s3", NOON, enrols=True),
    ),
    nodes=(
        Node(user("ada"), "s1", NOON),
        Node(email("a@b.example"), "s2", NOON - MINUTE),
        Node(device("d"), "s3", NOON + MINUTE),
    ),
    edges=(
        Edge(device("d"), user("ada"), NOON, "m2", "app", "hash", "track"),
        EDGE,
    ),
    version=7,
    joins=2,
)
STORED = {
    "roots": [
        ["s1", "2026-11-22T12:00:00.000Z", True],
        ["s2", "2026-11-22T11:59:00.000Z", False],
        ["s3", "2026-11-22T12:00:00.000Z", True],
    ],
    "nodes": [
        ["user_id", "ada", "s1", "2026-11-22T12:00:00.000Z"],
        ["email", "a@b.example", "s2", "2026-11-22T11:59:00.000Z"],
        ["device_id", "d", "s3", "2026-11-22T12:01:00.000Z"],
    ],
    "edges": [
        [2, 0, "2026-11-22T12:00:00.000Z", "m2", "app", "hash", "track"],
        [1, 0, "2026-11-22T12:00:00.000Z", "m5", "web", "none", "identify"],
    ],
}


def test_a_graph_is_stored_as_it_always_was_and_read_again():
    assert to_json(GRAPH) == STORED
    assert from_json(STORED, 7, 2) == GRAPH


def test_readers_meet_a_person_with_the_root_first_and_the_desks_where_enrolments_may_lie():
    person = GRAPH.person("shop")
    assert person == Person("shop", "s1", ("s1", "s2", "s3"), ("s1", "s3"))
    moved = replace(GRAPH, roots=GRAPH.roots[1:])
    assert moved.profile_id == "s2"
    assert moved.person("shop") == Person("shop", "s2", ("s2", "s1", "s3"), ("s2", "s3"))
    assert person.is_merged
    alone = Person.of_one("shop", "s9")
    assert alone == Person("shop", "s9", ("s9",), ("s9",), enrols=False)
    assert not alone.is_merged


@pytest.mark.parametrize(
    ("proof", "server", "told"),
    [
        ("hash", False, "hash"),
        ("hash", True, "hash"),
        ("import", True, "import"),
        (None, True, "server"),
        (None, False, "none"),
        ("operator", False, "none"),
        ("none", True, "server"),
    ],
)
def test_an_applied_event_tells_who_vouched_for_it(proof, server, told):
    assert proof_told(proof, server) == told
