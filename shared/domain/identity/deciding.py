"""Weighs evidence: what is known about some people and what claims or an operator add to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from shared.domain.identity.composing import compose
from shared.domain.identity.evidence import CUT, Pair, better, edges_of, gather
from shared.domain.identity.forest import Forest
from shared.domain.identity.graph import Edge, Graph, Identifier, Node
from shared.domain.identity.joining import Joined, join
from shared.domain.identity.resolution import (
    Claim,
    Dispute,
    Known,
    Place,
    Reason,
    Resolution,
    Unusable,
)
from shared.domain.identity.rulebook import Rulebook


class Evidence:
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
        self.cuts = {p: each for p, each in self.disputes.items() if each.reason == "unmerged"}
        for pair in self.cuts:
            self.links.pop(pair, None)
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
            best = edge if known is None else better(known, edge)
            if best == known:
                continue
            if pair in self.cuts:
                self.cuts[pair] = self.cuts[pair]._replace(edge=best)
            else:
                self.news[pair] = best

    @property
    def is_new(self) -> bool:
        """Whether the claims said anything that was not known."""
        return bool(self.news or self.created or self.earlier) or any(
            self.disputes[pair] != cut for pair, cut in self.cuts.items()
        )

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

    # --- what an operator adds ------------------------------------------------------------------

    def cut(self, pair: Pair, cut: Edge) -> None:
        """Let a link count no more; what is known of it is kept, else `cut` stands for it."""
        dispute = self.disputes.get(pair)
        known = self.links.pop(pair, None) or (dispute and dispute.edge)
        self.cuts[pair] = self._dispute(known or cut, "unmerged")

    def mend(self, pair: Pair) -> None:
        """Take a cut back, so that the link counts again as far as the rules let it."""
        self.cuts.pop(pair, None)

    # --- deciding -------------------------------------------------------------------------------

    def decide_narrowly(self, claims: Sequence[Claim]) -> Resolution | None:
        """Decide on the people that the news touches; None when others have to be asked."""
        if self.earlier:
            return None
        news = self.news
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
        if not joined.refused.keys().isdisjoint(links):  # somebody may part
            return None
        if self._has_cycle(news):
            lost = join(nodes, links.values(), self.rulebook).joints.items() - joined.joints.items()
            days = {day for _, day in lost}
            if days and days != {edge.at.toordinal() for edge in news.values()}:
                return None
        return self._resolution(claims, links | news, joined)

    def decide_all(self, claims: Sequence[Claim]) -> Resolution:
        """Decide on everything known again, what was in dispute included."""
        disputed = (
            dispute.edge
            for pair, dispute in self.disputes.items()
            if pair not in self.cuts and dispute.edge.rule != CUT
        )
        links = gather((*self.links.values(), *disputed, *self.news.values()))
        unusable = {
            end
            for end in self.nodes
            if isinstance(self.rulebook.usable(end.kind, end.value), Unusable)
        }
        blocked: dict[Pair, Reason] = {
            pair: "blocked" for pair in links if not unusable.isdisjoint(pair)
        }
        usable = (edge for pair, edge in links.items() if pair not in blocked)
        joined = join(self.nodes.values(), usable, self.rulebook)
        return self._resolution(
            claims, links, joined._replace(refused=joined.refused | blocked), wide=True
        )

    def _with_leaves(
        self, graphs: Sequence[Graph], news: Mapping[Pair, Edge]
    ) -> list[list[Identifier]] | None:
        """The people when each only gains new weak identifiers, with one link each; else None.

        That is what most decisions are. Such an identifier is bare and keeps nobody apart, so only
        numbers could speak against it, and they do not when all identifiers together are few.
        """
        if any((one in self.former) == (other in self.former) for one, other in news):
            return None
        ends = [other if one in self.former else one for one, other in news]
        if not graphs or sorted(ends) != sorted(self.created):
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
        for (one, other), leaf in zip(news, ends, strict=True):
            people[self.owners[one if leaf == other else other]].append(leaf)
        return list(people.values())

    def _has_cycle(self, news: Iterable[Pair]) -> bool:
        """Whether links join people in a circle, so that a link that joined them may be replaced.

        Then the breaker might count fewer joins on a day than before, and what it refused might
        count now. Without a circle it can but count more.
        """
        forest: Forest[str] = Forest()
        for pair in news:
            one, other = (forest.of(self.owners[end]) for end in pair)
            if one == other:
                return True
            forest.connect(one, other)
        return False

    # --- the answer -----------------------------------------------------------------------------

    def _resolution(
        self,
        claims: Sequence[Claim],
        links: Mapping[Pair, Edge],
        joined: Joined,
        wide: bool = False,
    ) -> Resolution:
        refused = joined.refused
        counting = (edge for pair, edge in links.items() if pair not in refused)
        composed = compose(joined.people, self.nodes, counting, self.former, self.rulebook)
        disputes = {pair: self._dispute(links[pair], refused[pair]) for pair in refused}
        disputes |= self.cuts
        moved = {
            node.identifier: graph.profile_id for graph in composed.graphs for node in graph.nodes
        }
        return Resolution(
            places=self.places(claims, moved),
            graphs=composed.graphs,
            redirects=composed.redirects,
            before=composed.before,
            disputes=tuple(
                each for pair, each in disputes.items() if self.disputes.get(pair) != each
            ),
            settled=tuple(
                each
                for pair, each in self.disputes.items()
                if pair not in disputes and (wide or pair in links)
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
