"""Finds or makes the people behind claims, and writes down what was decided about them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from shared.domain.identity.evidence import better, edges_of
from shared.domain.identity.graph import Identifier
from shared.domain.identity.ports import Findings, IdentityPort
from shared.domain.identity.resolution import Claim, Dispute, Known, Place, Resolution
from shared.domain.identity.resolve import doubtful_pairs, resolve
from shared.domain.identity.rulebook import Rulebook
from shared.errors import ConflictError, NotFoundError, PermanentError, TransientError

MAX_ATTEMPTS: Final = 8  # at one decision, each after reading again what others have changed

T = TypeVar("T")


def settle(act: Callable[[], T]) -> T:
    """Do something that others may be faster at; each attempt reads for itself.

    Raises TransientError when others stay faster.
    """
    for _ in range(MAX_ATTEMPTS):
        try:
            return act()
        except ConflictError:
            continue
    raise TransientError("others keep changing the same person")


@dataclass(frozen=True, slots=True)
class Homes:
    """Where the events of claims belong, one by one, and the strands that were made for them."""

    places: tuple[Place, ...] = ()
    created: frozenset[str] = frozenset()

    def __add__(self, other: "Homes") -> "Homes":
        return Homes(self.places + other.places, self.created | other.created)


class Identify:
    """Decides for one workspace; `counts` gathers what came of it, by the names of metrics."""

    def __init__(
        self,
        identity: IdentityPort,
        workspace_id: str,
        rulebook: Rulebook,
        new_id: Callable[[], str],
        counts: Counter[str],
    ) -> None:
        self._identity = identity
        self._workspace_id = workspace_id
        self._rulebook = rulebook
        self._new_id = new_id
        self._counts = counts

    def homes(
        self,
        claims: Sequence[Claim],
        erased: Mapping[Identifier, datetime],
        findings: Findings | None = None,
    ) -> Homes:
        """Where claims that touch one another belong; people are made, joined and parted for it.

        `findings` is what was read of them already. Raises TransientError.
        """
        read = [findings] if findings else []

        def decide() -> Homes | None:
            known = _living(read.pop() if read else self._find(claims))
            return self._decide(claims, erased, known)

        decided = settle(decide)
        if decided is not None:
            return decided
        if len(claims) > 1:  # too much at once; batches make no difference
            middle = len(claims) // 2
            return self.homes(claims[:middle], erased) + self.homes(claims[middle:], erased)
        return settle(lambda: self._leave_apart(claims[0], erased, _living(self._find(claims))))

    def decide_again(
        self, identifiers: Collection[Identifier], decide: Callable[[Known], Resolution]
    ) -> None:
        """Let `decide` judge the people of these identifiers and whoever is in dispute with them.

        It may be asked several times, each time with what is known then. Raises NotFoundError when
        an identifier is unknown, PermanentError when it takes more than can be read or written at
        once, TransientError.
        """

        def once() -> None:
            sightings = self._identity.sightings(self._workspace_id, identifiers)
            if unknown := set(identifiers) - sightings.keys():
                kind, value = min(unknown)
                raise NotFoundError(f"nobody has the {kind} {value!r}")
            found = _living(self._identity.find(self._workspace_id, sightings))
            known = self._identity.widen(
                self._workspace_id, identifiers, set(found.owners.values())
            )
            if known is None or not self._commit(decide(known), known, {}):
                raise PermanentError("these people are in dispute with too many others")

        settle(once)

    def _find(self, claims: Iterable[Claim]) -> Findings:
        sightings = self._identity.sightings(self._workspace_id, _named(claims))
        return self._identity.find(self._workspace_id, sightings)

    def _decide(
        self, claims: Sequence[Claim], erased: Mapping[Identifier, datetime], known: Known
    ) -> Homes | None:
        """Decide and write; None when it takes more than can be read or written at once."""
        if doubtful := doubtful_pairs(claims, known):
            disputes = self._identity.disputes(self._workspace_id, doubtful, known)
            known = replace(known, disputes=tuple(disputes))
        resolution = resolve(claims, known, self._rulebook, self._new_id)
        if resolution.needs:
            wide = self._identity.widen(self._workspace_id, _named(claims), resolution.needs)
            if wide is None:
                return None
            known = wide
            resolution = resolve(claims, known, self._rulebook, self._new_id)
        if not self._commit(resolution, known, erased):
            return None
        return Homes(resolution.places, _created(resolution, known))

    def _leave_apart(
        self, claim: Claim, erased: Mapping[Identifier, datetime], known: Known
    ) -> Homes:
        """Make people for what is new and leave everybody else as they are.

        For a claim that would change more people than can be decided on at once. Its links are
        kept as disputes.
        """
        new = [each for each in claim.identifiers if each not in known.owners]
        alone = [replace(claim, identifiers=(each,)) for each in new]
        made = resolve(alone, Known(), self._rulebook, self._new_id)
        graphs = (*known.graphs.values(), *made.graphs)
        strands = {node.identifier: node.strand_id for each in graphs for node in each.nodes}
        counting = {edge.pair for graph in graphs for edge in graph.edges}
        edges = [edge for edge in edges_of(claim) if edge.pair not in counting]
        old = self._identity.disputes(
            self._workspace_id, [each.pair for each in edges if not {*each.pair} & {*new}], known
        )
        before = {dispute.edge.pair: dispute.edge for dispute in old}
        best = {edge.pair: better(before.get(edge.pair, edge), edge) for edge in edges}
        disputes = tuple(
            Dispute(edge, "breaker", strands[edge.left], strands[edge.right])
            for pair, edge in best.items()
            if edge != before.get(pair)
        )
        resolution = replace(made, disputes=disputes)
        if not self._commit(resolution, known, erased):
            raise TransientError("a single event names too much to be written at once")
        first = claim.identifiers[0]
        owners = {**known.owners, **{each: strands[each] for each in new}}
        return Homes((Place(owners[first], strands[first]),), _created(resolution, known))

    def _commit(
        self, resolution: Resolution, known: Known, erased: Mapping[Identifier, datetime]
    ) -> bool:
        if not (resolution.graphs or resolution.disputes or resolution.settled):
            return True
        if not self._identity.commit(self._workspace_id, resolution, known, erased):
            return False
        self._counts.update(_tally(resolution, known))
        return True


def _living(findings: Findings) -> Known:
    """What is known; whoever is being erased is gone in a moment. Raises TransientError."""
    if findings.erasing:
        raise TransientError("somebody is being erased", hint="try again")
    return findings.known


def _named(claims: Iterable[Claim]) -> set[Identifier]:
    return {identifier for claim in claims for identifier in claim.identifiers}


def _created(resolution: Resolution, known: Known) -> frozenset[str]:
    return frozenset(
        node.strand_id
        for graph in resolution.graphs
        for node in graph.nodes
        if node.identifier not in known.owners
    )


def _tally(resolution: Resolution, known: Known) -> Counter[str]:
    """Metric → how many; by what stands in the people before and after."""
    sources = [
        {known.owners[each.identifier] for each in graph.nodes if each.identifier in known.owners}
        for graph in resolution.graphs
    ]
    stopped = sum(dispute.reason == "breaker" for dispute in resolution.disputes)
    parts = Counter(profile_id for source in sources for profile_id in source)
    return +Counter(
        ProfilesCreated=sum(not source for source in sources),
        ProfilesMerged=sum(len(source) - 1 for source in sources if source),
        ProfilesSplit=sum(count - 1 for count in parts.values()),
        IdentifiersDisputed=len(resolution.disputes),
        MergesStopped=stopped,
    )
