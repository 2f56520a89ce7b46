"""What an operator takes apart, and puts together again: cuts, and what they come to.

A cut link never counts, whatever evidence for it comes later; it is kept as a dispute with the
reason `unmerged`. Who is one person is then decided by the same rules as ever, so two identifiers
that another path of links still holds together stay together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.identity.deciding import Evidence
from shared.domain.identity.evidence import CUT, Pair, pair_of
from shared.domain.identity.explain import path_between
from shared.domain.identity.graph import Edge, Graph, Identifier
from shared.domain.identity.resolution import Known, Resolution
from shared.domain.identity.rulebook import Rulebook


class Order(NamedTuple):
    """An operator's order: its own id, who gave it, and when."""

    order_id: str
    operator: str
    at: datetime


MAX_CUTS: Final = 15
"""At once: each may make one more person and is written down at both ends, in one transaction."""


@dataclass(frozen=True, slots=True)
class Unmerged:
    """What to write, and the links that still hold the two together; without any they part.

    When something is `left` to cut, the same has to be asked for again after this is written.
    """

    resolution: Resolution
    held_by: tuple[Edge, ...] = ()
    left: bool = False


def unmerge_link(
    known: Known, one: Identifier, other: Identifier, order: Order, rulebook: Rulebook
) -> Unmerged:
    """Cut the link between two identifiers; `known` is wide and holds the people of both.

    Raises KeyError when either is unknown.
    """
    resolution = _cut(known, [pair_of(one, other)], order, rulebook)
    graph = _graph_of(known, resolution, one)
    return Unmerged(resolution, path_between(graph, one, other))


def unmerge_identifier(
    known: Known, identifier: Identifier, order: Order, rulebook: Rulebook
) -> Unmerged:
    """Take an identifier out of its person, by a cut against every other one there.

    It stays only when links to identifiers of other people lead back (`held_by`). Raises KeyError
    when it is unknown.
    """
    person = known.graphs[known.owners[identifier]]
    others = [node.identifier for node in person.nodes if node.identifier != identifier]
    cut = {each.edge.pair for each in known.disputes if each.reason == "unmerged"}
    linked = {edge.pair for edge in person.edges}
    # What holds them together goes last: once they have parted, nobody knows the others.
    pairs = sorted((pair_of(identifier, each) for each in others), key=linked.__contains__)
    wanted = [pair for pair in pairs if pair not in cut]
    resolution = _cut(known, wanted[:MAX_CUTS], order, rulebook)
    graph = _graph_of(known, resolution, identifier)
    paths = (path_between(graph, identifier, each) for each in others)
    held = min(filter(None, paths), key=len, default=())
    return Unmerged(resolution, held, left=len(wanted) > MAX_CUTS)


def remerge(
    known: Known, pairs: Iterable[tuple[Identifier, Identifier]], rulebook: Rulebook
) -> Resolution:
    """Take cuts back, so that these links count again as far as the rules let them.

    `known` is wide; pairs that are not cut are left as they are.
    """
    evidence = Evidence(known, rulebook)
    for one, other in pairs:
        evidence.mend(pair_of(one, other))
    return evidence.decide_all(())


def _cut(known: Known, pairs: Iterable[Pair], order: Order, rulebook: Rulebook) -> Resolution:
    evidence = Evidence(known, rulebook)
    for pair in pairs:
        evidence.cut(pair, Edge(*pair, order.at, order.order_id, order.operator, "operator", CUT))
    return evidence.decide_all(())


def _graph_of(known: Known, resolution: Resolution, identifier: Identifier) -> Graph:
    """The person of an identifier after a decision."""
    for graph in resolution.graphs:
        if any(node.identifier == identifier for node in graph.nodes):
            return graph
    return known.graphs[known.owners[identifier]]
