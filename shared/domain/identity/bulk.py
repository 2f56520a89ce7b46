"""Decides on a whole history at once, for imports and for trying other rules.

The people are those that deciding claim by claim comes to, found faster: most of them hold nothing
that a rule could object to in any order of their links, so that connectedness alone decides, and
only the others' links have to be taken one by one in their order.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from shared.domain.identity.evidence import Pair, edges_of, gather
from shared.domain.identity.graph import Edge, Identifier, Node
from shared.domain.identity.joining import join
from shared.domain.identity.resolution import Claim, Reason
from shared.domain.identity.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class History:
    """The people that claims make, and the links that do not count."""

    people: list[list[Identifier]]
    refused: dict[Pair, tuple[Edge, Reason]] = field(default_factory=dict)


def resolve_history(claims: Sequence[Claim], rulebook: Rulebook) -> History:
    """Decide on all claims of a workspace from scratch; those without identifiers are left out."""
    stars, entangled = _stars(claims)
    limits = _Limits(rulebook)
    people: list[list[Identifier]] = []
    for hub, star in stars.items():
        if hub in entangled:
            continue
        if limits.hold(star):
            people.append(star)
        else:
            entangled.add(hub)
    history = History(people)
    if entangled:
        rest = [each for each in claims if each.identifiers and each.identifiers[0] in entangled]
        _resolve_entangled(rest, rulebook, history)
    return history


class _Limits:
    """The limits of a rulebook, held against identifiers that would be one person."""

    def __init__(self, rulebook: Rulebook) -> None:
        breaker = rulebook.breaker
        self._most = min(breaker.identifiers, breaker.links_a_day + 1)
        self._of = {kind: each.limit or 0 for kind, each in rulebook.standings.items()}
        self._held: dict[tuple[str, ...], bool] = {}  # most people have kinds as others have them

    def hold(self, identifiers: Sequence[Identifier]) -> bool:
        """Whether there are few enough of each kind, whenever they were seen, and of all."""
        if len(identifiers) > self._most:
            return False
        kinds = tuple([each[0] for each in identifiers])  # unpacking named tuples is slow
        held = self._held.get(kinds)
        if held is None:
            counts = Counter(kinds)
            held = all(count <= self._of[kind] for kind, count in counts.items())
            self._held[kinds] = held
        return held


def _stars(
    claims: Iterable[Claim],
) -> tuple[dict[Identifier, list[Identifier]], set[Identifier]]:
    """Each strongest identifier with those that it was named with, and the hubs that share any.

    Whoever shares nothing is a star: a hub with leaves that are linked to nothing else. Each of its
    links has a side of one identifier, to which no rule but the limits can object.
    """
    hubs, lone, entangled = _hubs(claims)
    stars = {hub: [hub] for hub in lone}
    star_of = stars.get
    for leaf, hub in hubs.items():
        star = star_of(hub)
        if star is None:
            stars[hub] = [hub, leaf]
        else:
            star.append(leaf)
    kinds = set(map(itemgetter(0), hubs))  # far fewer than hubs
    for hub in [*stars, *entangled]:
        if hub[0] in kinds and hub in hubs:  # a leaf elsewhere
            entangled.update((hub, hubs[hub]))
    return stars, entangled


def _hubs(
    claims: Iterable[Claim],
) -> tuple[dict[Identifier, Identifier], dict[Identifier, None], set[Identifier]]:
    """Leaf → its first hub; hubs that were named alone; hubs that have a leaf in common."""
    hubs: dict[Identifier, Identifier] = {}
    lone: dict[Identifier, None] = {}
    entangled: set[Identifier] = set()
    hub_of = hubs.setdefault
    for claim in claims:
        identifiers = claim.identifiers
        if len(identifiers) == 2:
            hub, leaf = identifiers
            known = hub_of(leaf, hub)
            if known is not hub and known != hub:
                entangled.update((known, hub))
        elif identifiers:
            hub = identifiers[0]
            lone[hub] = None
            for leaf in identifiers[1:]:
                known = hub_of(leaf, hub)
                if known != hub:
                    entangled.update((known, hub))
    return hubs, lone, entangled


def _resolve_entangled(claims: Sequence[Claim], rulebook: Rulebook, history: History) -> None:
    ties = _Ties(rulebook)
    ties.take(claims)
    people, doubtful = ties.people()
    history.people.extend(people)
    if doubtful:
        quarrels: dict[int, list[Claim]] = {}
        for claim, place in zip(claims, ties.places(), strict=True):
            if place in doubtful:
                quarrels.setdefault(place, []).append(claim)
        for quarrel in quarrels.values():
            _decide(quarrel, rulebook, history)


def _decide(claims: Iterable[Claim], rulebook: Rulebook, history: History) -> None:
    nodes: dict[Identifier, Node] = {}
    told: list[Edge] = []
    for claim in claims:
        for identifier in claim.identifiers:
            known = nodes.get(identifier)
            if known is None or claim.at < known.first_at:
                nodes[identifier] = Node(identifier, "", claim.at)
        told += edges_of(claim)
    links = gather(told)
    joined = join(nodes.values(), links.values(), rulebook)
    history.people.extend(joined.people)
    history.refused.update((pair, (links[pair], reason)) for pair, reason in joined.refused.items())


class _Ties:
    """Which identifiers hang together, and what little the quick check has to know of them.

    Identifiers are numbered as they appear. `_parents` is a forest of disjoint sets over the
    numbers in which a parent is never newer than its child.
    """

    def __init__(self, rulebook: Rulebook) -> None:
        standings = rulebook.standings
        self._limits = _Limits(rulebook)
        self._strong = frozenset(kind for kind, each in standings.items() if each.strong)
        self._numbers: dict[Identifier, int] = {}
        self._parents: list[int] = []
        self._firsts: list[int] = []  # of each claim: the number of its strongest identifier
        self._hubs: dict[int, int] = {}  # strong identifier → the stronger one it is linked to
        self._tangled: set[int] = set()  # those that are linked to several

    def take(self, claims: Iterable[Claim]) -> None:
        """Join the identifiers of each claim."""
        numbers, parents, strong = self._numbers, self._parents, self._strong
        firsts, hubs = self._firsts, self._hubs
        for claim in claims:
            first = -1
            for identifier in claim.identifiers:
                number = numbers.get(identifier, -1)
                if number < 0:
                    numbers[identifier] = number = len(parents)
                    parents.append(number)
                if first < 0:
                    first = one = number
                    continue
                if identifier[0] in strong and hubs.setdefault(number, first) != first:
                    self._tangled.add(number)
                while parents[one] != one:
                    parents[one] = one = parents[parents[one]]
                while parents[number] != number:
                    parents[number] = number = parents[parents[number]]
                if one < number:
                    parents[number] = one
                elif number < one:
                    parents[one] = one = number
            firsts.append(first)

    def people(self) -> tuple[list[list[Identifier]], set[int]]:
        """People of whom nothing can be refused, and the places of all others."""
        parents = self._parents
        groups: list[list[Identifier] | None] = [None] * len(parents)
        for number, identifier in enumerate(self._numbers):
            # A parent is older, so it points to its root already.
            parents[number] = root = parents[parents[number]]
            group = groups[root]
            if group is None:
                groups[root] = [identifier]
            else:
                group.append(identifier)
        leaves = self._leaves()
        people: list[list[Identifier]] = []
        doubtful: set[int] = set()
        for place, group in enumerate(groups):
            if group is None:
                continue
            if len(group) == 1 or self._is_harmless(group, leaves.get(place, 0)):
                people.append(group)
            else:
                doubtful.add(place)
        return people, doubtful

    def _leaves(self) -> dict[int, int]:
        """Place → how many strong identifiers hang on the one hub there; -1 when not on one."""
        parents = self._parents
        centres: dict[int, int] = {}
        leaves: dict[int, int] = {}
        for leaf, hub in self._hubs.items():
            place = parents[leaf]
            if centres.setdefault(place, hub) == hub:
                leaves[place] = leaves.get(place, 0) + 1
            else:
                self._tangled.add(leaf)
        return leaves | {parents[leaf]: -1 for leaf in self._tangled}

    def places(self) -> Iterable[int]:
        """For each claim the place of its people, -1 for one without identifiers."""
        parents = self._parents
        return (parents[first] if first >= 0 else -1 for first in self._firsts)

    def _is_harmless(self, group: Sequence[Identifier], leaves: int) -> bool:
        """Whether no rule can object to any link here, in whichever order the links are taken.

        Links between strong identifiers are taken first. When they alone tie all strong ones
        together, each weak link that follows has a side without any, which neither `kept_apart`
        nor `unproven` minds. What is unproven passes among strong ones when all hang on one hub.
        """
        strong = sum(kind in self._strong for kind, _ in group)
        return (strong < 2 or leaves == strong - 1) and self._limits.hold(group)
