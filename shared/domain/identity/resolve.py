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
from shared.domain.identity.joining import Joined, join
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
        self.created: list[Identifier] = []
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
        self.created.append(identifier)

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
        if self.earlier:
            return None
        news = {pair: edge for pair, edge in self.news.items() if not self._is_cut(pair)}
        touched = {self.owners[end] for pair in news for end in pair}
        touched |= {self.owners[identifier] for identifier in self.created}
        graphs = self.known.graphs
        before = [graphs[profile_id] for profile_id in touched if profile_id in graphs]
        nodes = [node for graph in before for node in graph.nodes]
        links = {edge.pair: edge for graph in before for edge in graph.edges}
        if people := self._with_leaves(before, news):
            return self._resolution(claims, links | news, Joined(people, {}, {}))
        created = [self.nodes[identifier] for identifier in self.created]
        joined = join((*nodes, *created), (links | news).values(), self.rulebook)
        if not joined.refused.keys() <= news.keys():
            return None
        if self._has_cycle(news):
            lost = join(nodes, links.values(), self.rulebook).joints.items() - joined.joints.items()
            days = {day for _, day in lost}
            if days and days != {edge.at.toordinal() for edge in news.values()}:
                return None
        return self._resolution(claims, links | news, joined)

    def decide_all(self, claims: Sequence[Claim]) -> Resolution:
        """Decide on everything known again, what was in dispute included."""
        links = dict(self.links)
        for pair, dispute in self.disputes.items():
            if dispute.reason != "unmerged":
                links[pair] = dispute.edge
        links |= {pair: edge for pair, edge in self.news.items() if not self._is_cut(pair)}
        joined = join(self.nodes.values(), links.values(), self.rulebook)
        return self._resolution(claims, links, joined)

    def _with_leaves(
        self, graphs: Sequence[Graph], news: Mapping[Pair, Edge]
    ) -> list[list[Identifier]] | None:
        """The people when each only gains new weak identifiers, with one link each; else None.

        That is what most decisions are. Such an identifier is bare and keeps nobody apart, so only
        numbers could speak against it, and they do not when all identifiers together are few.
        """
        ends = [end for pair in news for end in pair if end not in self.former]
        if not graphs or sorted(ends) != sorted(self.created) or len(ends) != len(news):
            return None
        standings = [self.rulebook.standing(kind) for kind in {end.kind for end in ends}]
        breaker = self.rulebook.breaker
        most = min(
            breaker.identifiers,
            breaker.links_a_day,
            *(s.limit for s in standings if s.limit is not None),
        )
        if any(s.strong for s in standings) or any(
            len(graph.nodes) + len(ends) > most for graph in graphs
        ):
            return None
        people = {graph.profile_id: [n.identifier for n in graph.nodes] for graph in graphs}
        for one, other in news:
            leaf, held = (other, one) if one in self.former else (one, other)
            people[self.owners[held]].append(leaf)
        return list(people.values())

    def _has_cycle(self, news: Iterable[Pair]) -> bool:
        """Whether links join people in a circle, so that a link that joined them may be replaced.

        Then the breaker might count fewer joins on a day than before, and what it refused might
        count now. Without a circle it can but count more.
        """
        forest = {self.owners[end]: self.owners[end] for pair in news for end in pair}
        for pair in news:
            one, other = (_root(forest, self.owners[end]) for end in pair)
            if one == other:
                return True
            forest[one] = other
        return False

    def _is_cut(self, pair: Pair) -> bool:
        dispute = self.disputes.get(pair)
        return dispute is not None and dispute.reason == "unmerged"

    # --- the answer -----------------------------------------------------------------------------

    def _resolution(
        self,
        claims: Sequence[Claim],
        links: Mapping[Pair, Edge],
        joined: Joined,
    ) -> Resolution:
        refused = joined.refused
        counting = (edge for pair, edge in links.items() if pair not in refused)
        composed = compose(joined.people, self.nodes, counting, self.former, self.rulebook)
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


def _root(forest: dict[str, str], profile_id: str) -> str:
    while forest[profile_id] != profile_id:
        profile_id = forest[profile_id]
    return profile_id
