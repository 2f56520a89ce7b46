"""Other rules held against everything that is known, to see who would merge and who would part."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from heapq import nsmallest
from sys import intern
from typing import Any, Final, NamedTuple, TypeVar, cast

from shared.domain.events.model import Event
from shared.domain.identity.claims import claim_of
from shared.domain.identity.evidence import CUT, Pair, better, edges_of, pair_of
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Proof, proof_told
from shared.domain.identity.joining import Joined, join_apart
from shared.domain.identity.resolution import Dispute, Reason
from shared.domain.identity.rulebook import Rulebook

P = TypeVar("P", bound=Hashable)

EXAMPLES: Final = 20
_SHOWN: Final = 20  # identifiers of a group that an example names


class Decisive(NamedTuple):
    """A link that would count now, or, with a reason, one that would not any more."""

    left: Identifier
    right: Identifier
    message_id: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Change:
    """What would become of some people: their identifiers in groups, before and after."""

    before: tuple[tuple[Identifier, ...], ...]
    after: tuple[tuple[Identifier, ...], ...]
    because: tuple[Decisive, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport:
    """What other rules would come to.

    `merging` people of today would become `merged_into`; `splitting` people of today would become
    `split_into`. `blocked` identifiers would name nobody any more; each then stands alone.
    """

    people_before: int
    people_after: int
    merging: int
    merged_into: int
    splitting: int
    split_into: int
    blocked: int
    merges: tuple[Change, ...]
    splits: tuple[Change, ...]

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data; an identifier is `{"kind": …, "value": …}`."""
        counts = {each.name: getattr(self, each.name) for each in fields(self)}
        return counts | {
            "merges": [_change_to_json(change) for change in self.merges],
            "splits": [_change_to_json(change) for change in self.splits],
        }


class Trial:
    """Takes everything known in any order; keeps the best evidence for each link and no events.

    Identifiers of which the rules would have another spelling stand under the new one. Everybody is
    in memory at once, so whatever is the same for many is held once.
    """

    def __init__(self, after: Rulebook) -> None:
        self._after = after
        self._today: dict[Identifier, str] = {}  # → whose it is today
        self._nodes: dict[Identifier, Node] = {}
        self._links: dict[Pair, Edge] = {}
        self._cuts: set[Pair] = set()
        self._spelt: dict[Identifier, Identifier | None] = {}  # → under the other rules

    def know(self, graph: Graph) -> None:
        """Take in a person as stored."""
        for node in graph.nodes:
            identifier = node.identifier._replace(kind=intern(node.identifier.kind))
            self._today[identifier] = graph.profile_id
            self._meet(identifier, node.first_at)
        for edge in graph.edges:
            self._weigh(edge)

    def dispute(self, dispute: Dispute) -> None:
        """Take in a link that does not count today; both of its ends may tell of it."""
        if dispute.reason == "unmerged":
            self._cuts.add(dispute.edge.pair)
        else:
            self._weigh(dispute.edge)

    def hear(self, event: Event) -> None:
        """Take in a stored event; who vouched for it is known of server-side keys only."""
        claim = claim_of(event, self._after, proof_told(event.proof, event.server))
        for identifier in claim.identifiers:
            self._meet(identifier, claim.at)
        for edge in edges_of(claim):
            self._weigh(edge)

    def report(self) -> TrialReport:
        """Decide under the other rules and compare."""
        cuts = {
            pair_of(one, other)
            for one, other in (map(self._spell, pair) for pair in self._cuts)
            if one and other
        }
        links = [edge for pair, edge in self._links.items() if pair not in cuts]
        joined = join_apart(self._nodes.values(), links, self._after)
        return _Comparison(self._today, self._spelt, self._links, joined).report()

    def _spell(self, identifier: Identifier) -> Identifier | None:
        if identifier not in self._spelt:
            usable = self._after.usable(*identifier)
            spelt = usable if isinstance(usable, Identifier) else None
            # Mostly nothing changes, and then one object does for both.
            self._spelt[identifier] = identifier if spelt == identifier else spelt
        return self._spelt[identifier]

    def _meet(self, identifier: Identifier, first_at: datetime) -> None:
        spelt = self._spell(identifier)
        if spelt is None:
            return
        known = self._nodes.get(spelt)
        if known is None or first_at < known.first_at:
            self._nodes[spelt] = Node(spelt, "", first_at)

    def _weigh(self, edge: Edge) -> None:
        one, other = self._spell(edge.left), self._spell(edge.right)
        if one is None or other is None or one == other or edge.rule == CUT:
            return
        pair = pair_of(one, other)
        known = self._links.get(pair)
        edge = edge._replace(
            left=pair[0],
            right=pair[1],
            source_id=intern(edge.source_id),
            proof=cast("Proof", intern(edge.proof)),
            rule=intern(edge.rule),
        )
        self._links[pair] = edge if known is None else better(known, edge)
        for end in pair:  # a link may be read before the person that holds its end
            if end not in self._nodes:
                self._nodes[end] = Node(end, "", edge.at)


class _Comparison:
    """The people of today beside those of other rules.

    Identifiers that only the other rules let through are nobody's today and are left out.
    """

    def __init__(
        self,
        today: dict[Identifier, str],
        spelt: dict[Identifier, Identifier | None],
        links: dict[Pair, Edge],
        joined: Joined,
    ) -> None:
        self._links, self._joined, self._today = links, joined, today
        self._blocked = [each for each in today if spelt[each] is None]
        places = {each: n for n, people in enumerate(joined.people) for each in people}
        # Whoever is blocked stands in a place of their own.
        own = {each: len(joined.people) + n for n, each in enumerate(self._blocked)}
        self._later = {
            each: own[each] if name is None else places[name]
            for each, name in ((each, spelt[each]) for each in today)
        }
        self._owners: dict[Identifier, str] = {
            name: profile_id for each, profile_id in today.items() if (name := spelt[each])
        }

    def report(self) -> TrialReport:
        """Count, and describe the first of each kind."""
        before, after = _groups(self._today), _groups(self._later)
        merged = [group for group in after.values() if self._people_of(group) > 1]
        split = {each: group for each, group in before.items() if self._parts_of(group) > 1}
        joining, refused = self._across(), self._refused()
        return TrialReport(
            people_before=len(before),
            people_after=len(self._joined.people) + len(self._blocked),
            merging=len({self._today[each] for group in merged for each in group}),
            merged_into=len(merged),
            splitting=len(split),
            split_into=len({self._later[each] for group in split.values() for each in group}),
            blocked=len(self._blocked),
            merges=tuple(
                Change(
                    _shown(before[was] for was in {self._today[each] for each in group}),
                    _shown([group]),
                    _first(joining, {self._today[each] for each in group}),
                )
                for group in nsmallest(EXAMPLES, merged, key=min)
            ),
            splits=tuple(
                Change(
                    _shown([group]),
                    _shown(after[place] for place in {self._later[each] for each in group}),
                    _first(refused, [profile_id]),
                )
                for profile_id, group in nsmallest(
                    EXAMPLES, split.items(), key=lambda each: min(each[1])
                )
            ),
        )

    def _people_of(self, group: Iterable[Identifier]) -> int:
        return len({self._today[each] for each in group})

    def _parts_of(self, group: Iterable[Identifier]) -> int:
        return len({self._later[each] for each in group})

    def _across(self) -> dict[str, list[Decisive]]:
        """Person of today → links that would join it to another one."""
        found: dict[str, list[Decisive]] = {}
        for pair in self._joined.joints:
            one, other = (self._owners.get(end) for end in pair)
            if one and other and one != other:
                link = Decisive(*pair, self._links[pair].message_id, None)
                found.setdefault(one, []).append(link)
                found.setdefault(other, []).append(link)
        return found

    def _refused(self) -> dict[str, list[Decisive]]:
        """Person of today → links within it that would not count."""
        found: dict[str, list[Decisive]] = {}
        for pair, reason in self._joined.refused.items():
            one, other = (self._owners.get(end) for end in pair)
            if one and one == other:
                link = Decisive(*pair, self._links[pair].message_id, reason)
                found.setdefault(one, []).append(link)
        return found


def _groups(places: Mapping[Identifier, P]) -> dict[P, list[Identifier]]:
    groups: dict[P, list[Identifier]] = {}
    for identifier, place in places.items():
        groups.setdefault(place, []).append(identifier)
    return groups


def _shown(groups: Iterable[Iterable[Identifier]]) -> tuple[tuple[Identifier, ...], ...]:
    return tuple(sorted(tuple(nsmallest(_SHOWN, group)) for group in groups))[:_SHOWN]


def _first(links: Mapping[str, Sequence[Decisive]], people: Iterable[str]) -> tuple[Decisive, ...]:
    found = {link for profile_id in people for link in links.get(profile_id, ())}
    return tuple(nsmallest(_SHOWN, found))


def _change_to_json(change: Change) -> dict[str, Any]:
    return {
        "before": [[each._asdict() for each in group] for group in change.before],
        "after": [[each._asdict() for each in group] for group in change.after],
        "because": [
            {**link._asdict(), "left": link.left._asdict(), "right": link.right._asdict()}
            for link in change.because
        ],
    }
