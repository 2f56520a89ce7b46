"""The graphs of people after a decision, held against a reading of what a graph promises."""

from datetime import timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.domain.identity.composing import compose
from shared.domain.identity.evidence import pair_of
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root
from shared.domain.identity.rulebook import rulebook_of
from tests.domain.identity.generators import small_rules
from tests.domain.identity.making import NOON

BOOK = rulebook_of(small_rules())
KINDS = [rule.kind for rule in BOOK.rules.kinds]
STRONG = {rule.kind for rule in BOOK.rules.kinds if rule.strength == "strong"}
IDENTIFIERS = [Identifier(kind, value) for kind in ("email", "device_id") for value in "abc"]
IDENTIFIERS += [Identifier("user_id", "a"), Identifier("shoe_size", "a")]  # a kind long dropped
HOURS = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))


def partition(draw, things, most):
    """Things in groups, each in the order in which it comes."""
    groups = {}
    for thing in draw(st.permutations(things)):
        groups.setdefault(draw(st.integers(0, most)), []).append(thing)
    return [tuple(group) for group in groups.values()]


def links_among(draw, group):
    links = []
    for n, one in enumerate(group[1:], start=1):
        if draw(st.integers(0, 3)):
            other = group[draw(st.integers(0, n - 1))]
            links.append(Edge(*pair_of(one, other), draw(HOURS), "m", "web", "none", "track"))
    return tuple(links)


@st.composite
def decisions(draw):
    """(nodes by identifier, stored people, new groups, links that count)."""
    known = draw(st.lists(st.sampled_from(IDENTIFIERS), unique=True, max_size=6))
    nodes = {each: Node(each, f"s{n}", draw(HOURS)) for n, each in enumerate(IDENTIFIERS)}
    stored = []
    for group in partition(draw, known, 3):
        first, *more = draw(st.permutations(group))
        roots = [first, *more[: draw(st.integers(0, 2))]]
        enrols = draw(st.lists(st.booleans(), min_size=3, max_size=3))
        stored.append(
            Graph(
                roots=tuple(
                    Root(nodes[each].strand_id, draw(HOURS), enrolling)
                    for each, enrolling in zip(roots, enrols, strict=False)
                ),
                nodes=tuple(nodes[each] for each in group),
                edges=links_among(draw, group),
                version=draw(st.integers(1, 9)),
                joins=draw(st.integers(0, 4)),
            )
        )
    if draw(st.booleans()):
        groups = partition(draw, IDENTIFIERS, 3)
    else:
        groups = [tuple(node.identifier for node in graph.nodes) for graph in stored]
        groups += [(each,) for each in IDENTIFIERS if each not in known]
    links = []
    for group in groups:
        same = [each for each in stored if {n.identifier for n in each.nodes} == {*group}]
        keep = same and draw(st.booleans())
        links += same[0].edges if keep else links_among(draw, group)
    return nodes, stored, groups, draw(st.permutations(links))


def rank(kind):
    return KINDS.index(kind) if kind in KINDS else len(KINDS)


def strength(node):
    return rank(node.identifier.kind), node.first_at, node.identifier


def expected_roots(held, olds):
    """Who answers for a group, and who did before."""
    strands = {node.strand_id for node in held}
    here = [root for old in olds for root in old.roots if root.strand_id in strands]
    today = [old for old in olds if old.profile_id in strands]

    def brought(old):
        ranks = [rank(node.identifier.kind) for node in old.nodes if node.strand_id in strands]
        return min(ranks), old.roots[0].created_at, old.roots[0]

    if today:
        first = min(today, key=brought).roots[0]
    elif here:
        first = min(here, key=lambda root: (root.created_at, root))
    else:
        strongest = min(held, key=strength)
        first = Root(strongest.strand_id, strongest.first_at)
    others = [root for root in here if root.strand_id != first.strand_id]
    if STRONG & {node.identifier.kind for node in held}:
        first = Root(first.strand_id, first.created_at, enrols=True)
    return (first, *sorted(others, key=lambda root: (root.created_at, root)))


@settings(max_examples=120)
@given(decisions())
def test_people_are_written_as_a_graph_promises(case):
    nodes, stored, groups, links = case
    former = {node.identifier: graph for graph in stored for node in graph.nodes}
    composed = compose(groups, nodes, links, former, BOOK)
    graphs, redirects, before = [], {}, {}
    for group in groups:
        held = [nodes[each] for each in group]
        mine = {edge for edge in links if edge.left in group}
        olds = [old for old in stored if {n.identifier for n in old.nodes} & {*group}]
        leaving = any(not {n.identifier for n in old.nodes} <= {*group} for old in olds)
        graph = Graph(
            roots=expected_roots(held, olds),
            nodes=tuple(sorted(held, key=strength)),
            edges=tuple(sorted(mine)),
            version=max([old.version for old in olds], default=0) + 1,
            joins=max([old.joins for old in olds], default=0) + (len(olds) > 1 or leaving),
        )
        if len(olds) == 1 and olds[0].profile_id == graph.profile_id:
            (old,) = olds
            if {*old.nodes} == {*graph.nodes} and {*old.edges} == {*graph.edges}:
                event("stays")
                continue
        event(f"of {min(len(olds), 2)}")
        graphs.append(graph)
        before |= {old.profile_id: old.version for old in olds}
        for node in held:
            old = former.get(node.identifier)
            answered = old.profile_id if old else node.strand_id
            if graph.profile_id not in (node.strand_id, answered):
                redirects[node.strand_id] = graph.profile_id
    key = lambda graph: graph.nodes[0]  # noqa: E731
    assert sorted(composed.graphs, key=key) == sorted(graphs, key=key)
    assert composed.redirects == redirects
    assert composed.before == before
