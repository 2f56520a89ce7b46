"""The one algorithm: evidence in its order joins identifiers into people, unless a rule refuses.

Every rule is monotone: what it refuses for two sides it refuses for any larger sides. Hence a link
that is refused stays refused while people only grow, and people can be decided on alone.
"""

from collections.abc import Iterable
from typing import NamedTuple

from shared.domain.identity.evidence import Pair, order_of
from shared.domain.identity.forest import Forest
from shared.domain.identity.graph import Edge, Identifier, Node
from shared.domain.identity.resolution import Reason
from shared.domain.identity.rulebook import Rulebook


class Side:
    """Some identifiers that are one person so far, and what the rules ask about them."""

    __slots__ = ("days", "links", "members", "strong", "strong_count")

    def __init__(self, node: Node, strong: bool) -> None:
        kind = node.identifier.kind
        self.members = [node.identifier]
        self.strong = {kind} if strong else set()  # strong kinds
        self.strong_count = len(self.strong)  # strong identifiers
        self.days = {kind: [node.first_at.toordinal()]}  # kind → the days they were first seen
        self.links: dict[int, int] = {}  # UTC day → joins whose evidence lies on it

    def absorb(self, other: "Side") -> None:
        """Take over everything of another side."""
        self.members += other.members
        self.strong |= other.strong
        self.strong_count += other.strong_count
        for kind, days in other.days.items():
            if kind in self.days:
                self.days[kind] += days
            else:
                self.days[kind] = days
        for day, count in other.links.items():
            self.links[day] = self.links.get(day, 0) + count

    def is_bare(self, end: Identifier) -> bool:
        """Whether no strong identifier is here but perhaps `end` itself."""
        return self.strong_count == (end.kind in self.strong)


class Joined(NamedTuple):
    """The people that evidence makes.

    `joints` are the links that joined two sides, with the UTC day (ordinal) of their evidence;
    `refused` those that do not count. Any other link is between identifiers joined already.
    """

    people: list[list[Identifier]]
    joints: dict[Pair, int]
    refused: dict[Pair, Reason]


def join(nodes: Iterable[Node], edges: Iterable[Edge], rulebook: Rulebook) -> Joined:
    """Take all edges in their order."""
    sides = {
        node.identifier: Side(node, rulebook.standing(node.identifier.kind).strong)
        for node in nodes
    }
    joints: dict[Pair, int] = {}
    refused: dict[Pair, Reason] = {}
    for edge in sorted(edges, key=lambda edge: order_of(edge, rulebook)):
        large, small = sides[edge.left], sides[edge.right]
        if large is small:
            continue
        if reason := refusal(large, small, edge, rulebook):
            refused[edge.pair] = reason
            continue
        if len(large.members) < len(small.members):
            large, small = small, large
        for member in small.members:
            sides[member] = large
        large.absorb(small)
        joints[edge.pair] = day = edge.at.toordinal()
        large.links[day] = large.links.get(day, 0) + 1
    people = {id(side): side.members for side in sides.values()}
    return Joined(list(people.values()), joints, refused)


def join_apart(nodes: Iterable[Node], edges: Iterable[Edge], rulebook: Rulebook) -> Joined:
    """The same, deciding on those alone who have no evidence in common with others.

    Of everybody at once only the identifiers are held, and not what the rules ask about them.
    """
    known = {node.identifier: node for node in nodes}
    parts: dict[Identifier, list[Edge]] = {}
    places: Forest[Identifier] = Forest()
    found = list(edges)
    for edge in found:
        places.connect(edge.left, edge.right)
    for edge in found:
        parts.setdefault(places.of(edge.left), []).append(edge)
    people: list[list[Identifier]] = [[each] for each in known if each not in places]
    joints: dict[Pair, int] = {}
    refused: dict[Pair, Reason] = {}
    while parts:
        _, linked = parts.popitem()
        ends = dict.fromkeys(end for edge in linked for end in edge.pair)
        some = join((known[end] for end in ends), linked, rulebook)
        people += some.people
        joints |= some.joints
        refused |= some.refused
    return Joined(people, joints, refused)


def refusal(left: Side, right: Side, edge: Edge, rulebook: Rulebook) -> Reason | None:
    """Say why an edge may not join its two sides (`left` holds `edge.left`), or None."""
    if not left.strong.isdisjoint(right.strong):
        standings = rulebook.standing(edge.left.kind), rulebook.standing(edge.right.kind)
        if not all(standing.strong for standing in standings):
            return "kept_apart"
    for kind, days in left.days.items():
        if kind in right.days and not _within_limit(days, right.days[kind], kind, rulebook):
            return "limit"
    if edge.proof == "none" and not (left.is_bare(edge.left) or right.is_bare(edge.right)):
        return "unproven"
    if _trips_breaker(left, right, edge, rulebook):
        return "breaker"
    return None


def _within_limit(days: list[int], others: list[int], kind: str, rulebook: Rulebook) -> bool:
    _, _, limit, window = rulebook.standing(kind)
    if limit is None or len(days) + len(others) <= limit:
        return True
    if window is None:
        return False
    days = sorted(days + others)
    return all(days[i + limit] - days[i] >= window for i in range(len(days) - limit))


def _trips_breaker(left: Side, right: Side, edge: Edge, rulebook: Rulebook) -> bool:
    breaker = rulebook.breaker
    together = len(left.members) + len(right.members)
    if together > breaker.identifiers:
        return True
    most = breaker.links_a_day
    if together <= most:  # n identifiers have n - 1 joins behind them
        return False
    day = edge.at.toordinal()
    if left.links.get(day, 0) + right.links.get(day, 0) + 1 > most:
        return True
    return any(
        left.links[other] + right.links[other] > most
        for other in left.links.keys() & right.links.keys()
    )
