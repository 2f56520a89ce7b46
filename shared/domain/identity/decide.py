"""Decides who is one person: claims and what is known come in, what to write comes out.

People are what `joining.join` makes of all evidence, so neither the order of the claims nor their
batches nor repetitions leave a trace. Usually only the people that a claim touches need be looked
at: as long as nothing that counted before is refused now, everything else stays as it was. Else the
answer is `Resolution.needs`, and with everything that is in dispute at hand (`Known.wide`) all of
it is decided again; then people may part.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from shared.domain.identity.composing import compose
from shared.domain.identity.evidence import Pair, better, edges_of, gather
from shared.domain.identity.graph import Edge, Graph, Identifier, Node
from shared.domain.identity.joining import join
from shared.domain.identity.resolution import Claim, Dispute, Known, Place, Reason, Resolution
from shared.domain.identity.rulebook import Rulebook


def resolve(
    claims: Sequence[Claim], known: Known, rulebook: Rulebook, new_id: Callable[[], str]
) -> Resolution:
    """Decide on claims together; each must have an identifier.

    `known` has the owners of all their identifiers that anybody has, the graphs of these people
    and the disputes over `doubtful_pairs`. `new_id` gives an unused strand id.
    """
    evidence = _Evidence(known, rulebook)
    evidence.meet(claims, new_id)
    if not (evidence.news or evidence.created or evidence.earlier):
        return Resolution(places=evidence.places(claims, {}))
    if known.wide or not known.graphs:
        return evidence.decide_all(claims)
    return evidence.decide_narrowly(claims) or Resolution(
        needs=frozenset(evidence.owners.values()) & known.graphs.keys()
    )


def doubtful_pairs(claims: Iterable[Claim], known: Known) -> frozenset[Pair]:
    """Pairs of these claims that do not count though both ends are known: are they in dispute?"""
    owners = known.owners
    pairs = {
        edge.pair: edge
        for claim in claims
        for edge in edges_of(claim)
        if edge.left in owners and edge.right in owners
    }
    asked = {owners[end] for pair in pairs for end in pair}
    counting = {edge.pair for profile_id in asked for edge in known.graphs[profile_id].edges}
    return frozenset(pairs.keys() - counting)


class _Evidence:
    """What is known about some people, and what claims add to it."""

    def __init__(self, known: Known, rulebook: Rulebook) -> None:
        self.known = known
        self.rulebook = rulebook
        self.owners = dict(known.owners)
        self.nodes: dict[Identifier, Node] = {}
        self.links: dict[Pair, Edge] = {}
        self.former: dict[Identifier, Graph] = {}
        for profile_id, graph in known.graphs.items():
            for node in graph.nodes:
                self.owners[node.identifier] = profile_id
                self.nodes[node.identifier] = node
                self.former[node.identifier] = graph
            for edge in graph.edges:
                self.links[edge.left, edge.right] = edge
        self.disputes = {dispute.edge.pair: dispute for dispute in known.disputes}
        self.created: list[Node] = []
        self.earlier: set[Identifier] = set()
        self.news: dict[Pair, Edge] = {}

    # --- what claims add ------------------------------------------------------------------------

    def meet(self, claims: Iterable[Claim], new_id: Callable[[], str]) -> None:
        """Take in the identifiers and the links of claims, as far as they are news."""
        told: list[Edge] = []
        for claim in claims:
            for identifier in claim.identifiers:
                node = self.nodes.get(identifier)
                if node is None:
                    self._create(identifier, claim, new_id)
                elif claim.at < node.first_at:
                    self._see_earlier(node, claim)
            told += edges_of(claim)
        for pair, edge in gather(told).items():
            dispute = self.disputes.get(pair)
            known = dispute.edge if dispute else self.links.get(pair)
            if known is None or better(known, edge) != known:
                self.news[pair] = edge

    def _create(self, identifier: Identifier, claim: Claim, new_id: Callable[[], str]) -> None:
        if identifier in self.owners:
            raise ValueError(f"the graph of {self.owners[identifier]} lacks {identifier.kind}")
        node = Node(identifier, new_id(), claim.at)
        self.nodes[identifier] = node
        self.owners[identifier] = node.strand_id
        self.created.append(node)

    def _see_earlier(self, node: Node, claim: Claim) -> None:
        """Only a window asks when an identifier was first seen, and it asks for the day."""
        windowed = self.rulebook.standing(node.identifier.kind).window_days is not None
        is_new = node.identifier not in self.former
        if is_new or (windowed and claim.at.date() < node.first_at.date()):
            self.nodes[node.identifier] = node._replace(first_at=claim.at)
            if not is_new:
                self.earlier.add(node.identifier)

    # --- deciding -------------------------------------------------------------------------------

    def decide_narrowly(self, claims: Sequence[Claim]) -> Resolution | None:
        """Decide on the people that the news touches; None when others have to be asked."""
        if self.earlier or any(map(self._leaves_a_day, self.news.values())):
            return None
        news = {pair: edge for pair, edge in self.news.items() if not self._is_cut(pair)}
        touched = {self.owners[end] for pair in news for end in pair}
        touched |= {node.strand_id for node in self.created}
        graphs = self.known.graphs
        nodes = [
            self.nodes[node.identifier]
            for profile_id in touched
            for node in (graphs[profile_id].nodes if profile_id in graphs else ())
        ]
        nodes += (self.nodes[node.identifier] for node in self.created)
        links = {
            edge.pair: edge
            for profile_id in touched
            if profile_id in graphs
            for edge in graphs[profile_id].edges
        } | news
        groups, refused = self._join(nodes, links)
        if not refused.keys() <= news.keys():
            return None
        return self._resolution(claims, groups, links, refused)

    def decide_all(self, claims: Sequence[Claim]) -> Resolution:
        """Decide on everything known again, what was in dispute included."""
        links = dict(self.links)
        for pair, dispute in self.disputes.items():
            if dispute.reason != "unmerged":
                links[pair] = dispute.edge
        links |= {pair: edge for pair, edge in self.news.items() if not self._is_cut(pair)}
        groups, refused = self._join(list(self.nodes.values()), links)
        return self._resolution(claims, groups, links, refused)

    def _join(
        self, nodes: Sequence[Node], links: Mapping[Pair, Edge]
    ) -> tuple[list[list[Identifier]], dict[Pair, Reason]]:
        return join(nodes, links.values(), self.rulebook)

    def _leaves_a_day(self, edge: Edge) -> bool:
        """Whether better evidence takes a link away from the day on which the breaker counts it."""
        known = self.links.get(edge.pair)
        return known is not None and known.at.date() != edge.at.date()

    def _is_cut(self, pair: Pair) -> bool:
        dispute = self.disputes.get(pair)
        return dispute is not None and dispute.reason == "unmerged"

    # --- the answer -----------------------------------------------------------------------------

    def _resolution(
        self,
        claims: Sequence[Claim],
        groups: list[list[Identifier]],
        links: Mapping[Pair, Edge],
        refused: Mapping[Pair, Reason],
    ) -> Resolution:
        counting = (edge for pair, edge in links.items() if pair not in refused)
        composed = compose(groups, self.nodes, counting, self.former, self.rulebook)
        disputes = [self._dispute(links[pair], reason) for pair, reason in refused.items()]
        disputes += [
            dispute._replace(edge=self.news[pair])
            for pair, dispute in self.disputes.items()
            if pair in self.news and dispute.reason == "unmerged"
        ]
        moved = {
            node.identifier: graph.profile_id for graph in composed.graphs for node in graph.nodes
        }
        return Resolution(
            places=self.places(claims, moved),
            graphs=composed.graphs,
            redirects=composed.redirects,
            before=composed.before,
            disputes=tuple(
                dispute for dispute in disputes if self.disputes.get(dispute.edge.pair) != dispute
            ),
            settled=tuple(
                dispute
                for pair, dispute in self.disputes.items()
                if pair in links and pair not in refused
            ),
        )

    def _dispute(self, edge: Edge, reason: Reason) -> Dispute:
        left, right = self.nodes[edge.left].strand_id, self.nodes[edge.right].strand_id
        return Dispute(edge, reason, left, right)

    def places(self, claims: Iterable[Claim], moved: Mapping[Identifier, str]) -> tuple[Place, ...]:
        """Where the events of claims belong."""
        return tuple(
            Place(moved.get(first) or self.owners[first], self.nodes[first].strand_id)
            for first in (claim.identifiers[0] for claim in claims)
        )
