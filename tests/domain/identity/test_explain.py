"""Why identifiers are one person, or two, in words that an operator reads."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.identity.evidence import CUT
from shared.domain.identity.explain import (
    Step,
    path_between,
    steps,
    why_one,
    why_person,
    why_two,
)
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root
from shared.domain.identity.rules import DEFAULT_RULES
from shared.domain.identity.unmerge import Order, unmerge_link
from tests.domain.identity.generators import claim_lists, rulebooks
from tests.domain.identity.making import NOON, anonymous, claim, device, email, user
from tests.domain.identity.worlds import World


def world_of(*claims):
    world = World(DEFAULT_RULES)
    for each in claims:
        world.take([each])
    return world


@settings(max_examples=100)
@given(rulebooks, claim_lists())
def test_there_is_a_path_between_any_two_identifiers_of_a_person(rules, claims):
    world = World(rules)
    world.take(claims)
    for graph in map(world.graph, world.graphs):
        held = [node.identifier for node in graph.nodes]
        for one in held:
            for other in held:
                here = one
                for edge in path_between(graph, one, other):
                    assert here in edge.pair
                    (here,) = set(edge.pair) - {here}
                assert here == other
        steps = why_person(graph)
        assert steps.keys() == set(held)
        assert [each for each in held if not steps[each]] == held[:1]


def test_each_step_says_what_happened_and_who_vouches_in_two_languages():
    world = world_of(
        claim(user("ada"), email("ada@mail.example"), proof="server", minutes=0),
        claim(email("ada@mail.example"), device("phone"), minutes=5),
    )
    (graph,) = map(world.graph, world.graphs)
    first, second = why_one(graph, user("ada"), device("phone"))
    assert first.en == (
        f"on 2026-11-22 12:00 UTC the event event ({first.edge.message_id} from web) named "
        "e-mail “ada@mail.example” and user id “ada” together; a server-side key vouches for it"
    )
    assert first.zh == (
        f"2026-11-22 12:00 UTC，事件 event（{first.edge.message_id}，来源 web）同时给出"
        "邮箱“ada@mail.example”与用户 ID“ada”；由服务端密钥担保"
    )
    assert second.en.endswith("nobody vouches for it")
    assert second.zh.endswith("无人担保")


ENDS = [user("a"), user("b"), email("a"), device("a"), anonymous("a")]
EDGES = st.builds(
    Edge,
    st.sampled_from(ENDS),
    st.sampled_from(ENDS),
    st.sampled_from([NOON, NOON + timedelta(minutes=1)]),
    st.just("m"),
    st.just("web"),
    st.sampled_from(["none", "server", "hash"]),
    st.just("track"),
)


def ways(edges, one, other):
    """All paths between two without a circle, each as the links in their order."""

    def go_on(here, been):
        if here == other:
            yield ()
            return
        for edge in edges:
            if here in edge.pair:
                (there,) = {*edge.pair} - {here}
                if there not in been:
                    yield from ((edge, *rest) for rest in go_on(there, {*been, there}))

    return go_on(one, {one})


def preferred(path):
    """The shortest, and of these the one whose first links are proven and early."""
    return len(path), [(edge.proof == "none", edge.at, edge.pair) for edge in path]


@settings(max_examples=150)
@given(st.lists(EDGES.filter(lambda edge: edge.left < edge.right), max_size=7,
                unique_by=lambda edge: edge.pair))  # fmt: skip
def test_the_path_is_the_shortest_of_all_and_of_these_the_best(edges):
    nodes = tuple(Node(each, each.value, NOON) for each in ENDS)
    graph = Graph(roots=(Root("a", NOON),), nodes=nodes, edges=tuple(edges))
    person = why_person(graph)
    for one in ENDS:
        for other in ENDS:
            best = min(ways(edges, one, other), key=preferred, default=())
            assert path_between(graph, one, other) == best
            assert [step.edge for step in why_one(graph, one, other)] == [*best]
            if one == ENDS[0]:
                assert [step.edge for step in person[other]] == [*best]
    assert person.keys() == {*ENDS}


def test_the_shortest_path_is_told():
    world = world_of(
        claim(user("ada"), anonymous("a"), minutes=0),
        claim(email("ada@mail.example"), anonymous("a"), minutes=1),
        claim(user("ada"), email("ada@mail.example"), minutes=2),
    )
    (graph,) = map(world.graph, world.graphs)
    (step,) = why_one(graph, user("ada"), email("ada@mail.example"))
    assert step.edge.at.minute == 2


@pytest.mark.parametrize(("better", "worse"), ["ab", "ba"])
@pytest.mark.parametrize("proof", ["server", "none"])
def test_of_two_ways_as_short_the_proven_one_is_told_and_then_the_earlier(better, worse, proof):
    late = 10 if proof == "server" else -10  # what is proven may come later
    world = world_of(
        claim(user("ada"), email(f"{worse}@mail.example"), minutes=20),
        claim(user("ada"), email(f"{better}@mail.example"), minutes=20 + late, proof=proof),
        claim(email(f"{worse}@mail.example"), device("phone"), minutes=21),
        claim(email(f"{better}@mail.example"), device("phone"), minutes=21 + late, proof=proof),
    )
    (graph,) = map(world.graph, world.graphs)
    for one, other in ((user("ada"), device("phone")), (device("phone"), user("ada"))):
        told = path_between(graph, one, other)
        assert len(told) == 2
        assert all(email(f"{better}@mail.example") in edge.pair for edge in told)


def test_strangers_have_no_path():
    world = world_of(claim(user("ada")))
    (graph,) = map(world.graph, world.graphs)
    assert why_one(graph, user("ada"), user("ben")) == ()


def test_a_dispute_says_why_two_are_two():
    world = world_of(claim(user("ada"), device("tablet")), claim(user("ben"), device("tablet")))
    (dispute,) = world.disputes.values()
    said = steps([dispute.edge])[0]
    assert why_two(dispute) == Step(
        dispute.edge,
        f"{said.en}; it does not count: a device or browser does not join people whom stronger"
        " identifiers keep apart",
        f"{said.zh}；不予采信：设备或浏览器标识不能合并被强标识区分开的人",
    )


def test_a_cut_says_who_made_it():
    world = world_of(claim(user("ada"), device("phone")), claim(user("ben")))
    order = Order("cut-1", "mei", NOON)
    done = unmerge_link(world.everybody(), user("ada"), user("ben"), order, world.rulebook)
    (dispute,) = done.resolution.disputes
    assert dispute.edge == Edge(user("ada"), user("ben"), NOON, "cut-1", "mei", "operator", CUT)
    assert why_two(dispute) == Step(
        dispute.edge,
        "on 2026-11-22 12:00 UTC an operator (mei) cut user id “ada” from user id “ben”",
        "2026-11-22 12:00 UTC，运营人员（mei）解除了用户 ID“ada”与用户 ID“ben”的关联",
    )


def test_a_kind_of_a_workspaces_own_is_called_as_it_is_named():
    shoe, hat = Identifier("shoe", "42"), Identifier("hat", "7")
    (step,) = steps([Edge(hat, shoe, NOON, "m1", "till", "import", "track")])
    assert step.en == (
        "on 2026-11-22 12:00 UTC the event track (m1 from till) named hat “7” and shoe “42”"
        " together; it was imported"
    )
    assert step.zh == (
        "2026-11-22 12:00 UTC，事件 track（m1，来源 till）同时给出hat“7”与shoe“42”；来自导入"
    )
