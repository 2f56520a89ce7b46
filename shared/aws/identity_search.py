"""The way from identifiers to the people they belong to: by a hint, or else by redirects."""

from collections.abc import Collection, Mapping
from typing import Final

from shared.aws.identity_rows import Standing
from shared.domain.identity.graph import Graph, Identifier
from shared.domain.identity.ports import Findings, Sighting
from shared.domain.identity.resolution import Known
from shared.errors import ConflictError

MAX_HOPS: Final = 12  # from a stale hint to the root


class Search:
    """Says which PROFILE rows to read next, until everybody is found.

    A hint is believed when the root that it names holds the identifier. Else the way goes along
    redirects, at last from the identifier's own strand.
    """

    def __init__(self, sightings: Mapping[Identifier, Sighting]) -> None:
        self._sightings = sightings
        self._at = {identifier: each.profile_id for identifier, each in sightings.items()}
        self._hops = dict.fromkeys(sightings, 0)
        self._met: dict[str, Standing | None] = {}
        self._found: dict[Identifier, str] = {}
        self._held: dict[str, frozenset[Identifier]] = {}

    def wanted(self) -> set[str]:
        """Strands whose PROFILE rows are to be read next; empty when everybody is found."""
        return {at for each, at in self._at.items() if each not in self._found}

    def take(self, wanted: Collection[str], standings: Mapping[str, Standing]) -> None:
        """Go as far as rows lead; raises ConflictError when the way changed meanwhile."""
        self._met |= {strand: standings.get(strand) for strand in wanted}
        for identifier in self._at.keys() - self._found.keys():
            while identifier not in self._found and self._at[identifier] in self._met:
                self._step(identifier)

    def _step(self, identifier: Identifier) -> None:
        at, strand = self._at[identifier], self._sightings[identifier].strand_id
        standing = self._met[at]
        self._hops[identifier] += 1
        if standing and standing.graph and identifier in self._holds(standing.graph):
            self._found[identifier] = at
        elif standing and standing.redirect and self._hops[identifier] < MAX_HOPS:
            self._at[identifier] = standing.redirect
        elif at != strand and self._hops[identifier] < MAX_HOPS:
            self._at[identifier] = strand
        else:
            raise ConflictError("somebody is being changed")

    def _holds(self, graph: Graph) -> frozenset[Identifier]:
        root = graph.profile_id
        if root not in self._held:
            self._held[root] = frozenset(node.identifier for node in graph.nodes)
        return self._held[root]

    def _roots(self) -> list[tuple[Graph, Standing]]:
        standings = (self._met[root] for root in dict.fromkeys(self._found.values()))
        return [(each.graph, each) for each in standings if each and each.graph]

    def chained(self) -> list[Graph]:
        """People some of whose redirects take more than one hop."""
        return [graph for graph, standing in self._roots() if standing.chained]

    def moved(self) -> list[tuple[Identifier, str]]:
        """Identifiers whose hint is wrong, and the root that is right."""
        return [
            (identifier, root)
            for identifier, root in self._found.items()
            if self._sightings[identifier].profile_id != root
        ]

    def findings(self) -> Findings:
        """The people; owners of all their identifiers."""
        graphs = {graph.profile_id: graph for graph, _ in self._roots()}
        owners = {node.identifier: root for root, graph in graphs.items() for node in graph.nodes}
        erasing = {
            graph.profile_id: standing.erasing
            for graph, standing in self._roots()
            if standing.erasing
        }
        return Findings(Known(owners=owners, graphs=graphs), erasing)
