"""Makes the graphs of people after a decision: who answers for whom, with which version."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root
from shared.domain.identity.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Composed:
    """The people that are new or have changed, and what `Resolution` tells beside them."""

    graphs: tuple[Graph, ...]
    redirects: dict[str, str]
    before: dict[str, int]


def compose(
    groups: Iterable[Sequence[Identifier]],
    nodes: Mapping[Identifier, Node],
    edges: Iterable[Edge],
    former: Mapping[Identifier, Graph],
    rulebook: Rulebook,
) -> Composed:
    """Give the people whose identifiers are `groups`, leaving out those who stay as they are.

    `edges` are the links that count; `former` maps the identifiers of stored people to these.
    """
    place = {identifier: group for group in map(tuple, groups) for identifier in group}
    edges_of: dict[tuple[Identifier, ...], list[Edge]] = {group: [] for group in place.values()}
    for edge in edges:
        edges_of[place[edge.left]].append(edge)
    graphs: list[Graph] = []
    redirects: dict[str, str] = {}
    before: dict[str, int] = {}
    for group, links in edges_of.items():
        old = {graph.profile_id: graph for each in group if (graph := former.get(each))}
        held = [nodes[identifier] for identifier in group]
        graph = _person(held, links, list(old.values()), former, rulebook)
        if list(old) == [graph.profile_id] and _is_same(graph, old[graph.profile_id]):
            continue
        graphs.append(graph)
        before |= {profile_id: each.version for profile_id, each in old.items()}
        for node in held:
            was = former.get(node.identifier)
            if node.strand_id != graph.profile_id and not (
                was and was.profile_id == graph.profile_id
            ):
                redirects[node.strand_id] = graph.profile_id
    return Composed(tuple(graphs), redirects, before)


def _person(
    nodes: list[Node],
    edges: list[Edge],
    old: list[Graph],
    former: Mapping[Identifier, Graph],
    rulebook: Rulebook,
) -> Graph:
    joined = len(old) > 1 or any(
        len(graph.nodes) > sum(former.get(node.identifier) is graph for node in nodes)
        for graph in old
    )
    return Graph(
        roots=_roots(nodes, old, rulebook),
        nodes=tuple(sorted(nodes, key=lambda node: _strength(node, rulebook))),
        edges=tuple(sorted(edges)),
        # Greater than whatever these strands were part of before, so that none comes twice.
        version=max((graph.version for graph in old), default=0) + 1,
        joins=max((graph.joins for graph in old), default=0) + joined,
    )


def _roots(nodes: list[Node], old: list[Graph], rulebook: Rulebook) -> tuple[Root, ...]:
    """The strand that answers: a root of today, else one of former days, else the strongest's."""
    strands = {node.strand_id: node for node in nodes}
    today = [graph.roots[0] for graph in old if graph.profile_id in strands]
    known = {
        root.strand_id: root for graph in old for root in graph.roots if root.strand_id in strands
    }
    if today:
        ranks = {graph.profile_id: _rank_held(graph, strands, rulebook) for graph in old}
        first = min(today, key=lambda root: (ranks[root.strand_id], root.created_at, root))
    elif known:
        first = min(known.values(), key=lambda root: (root.created_at, root))
    else:
        strongest = min(nodes, key=lambda node: _strength(node, rulebook))
        first = Root(strongest.strand_id, strongest.first_at)
    # Whoever is known by more than a device will enter journeys: to say so costs nothing now.
    if any(rulebook.standing(node.identifier.kind).strong for node in nodes):
        first = first._replace(enrols=True)
    rest = (root for root in known.values() if root.strand_id != first.strand_id)
    return (first, *sorted(rest, key=lambda root: (root.created_at, root)))


def _rank_held(graph: Graph, strands: Mapping[str, Node], rulebook: Rulebook) -> int:
    """The rank of the strongest kind that somebody brings into a new person."""
    return min(
        rulebook.standing(node.identifier.kind).rank
        for node in graph.nodes
        if node.strand_id in strands
    )


def _strength(node: Node, rulebook: Rulebook) -> tuple[int, datetime, Identifier]:
    return rulebook.standing(node.identifier.kind).rank, node.first_at, node.identifier


def _is_same(graph: Graph, other: Graph) -> bool:
    return set(graph.nodes) == set(other.nodes) and set(graph.edges) == set(other.edges)
