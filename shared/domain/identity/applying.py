"""Applies events to people: who is it, what is known now, what happened; each event once.

The order makes every point safe to die at. Identity comes first, so that an event finds the same
strand when it comes again; then traits and consents, where repeating changes nothing; then the
event's row, whose condition is what applies the event once. Whatever failed, in whole or for one
person, simply comes again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.domain.callbacks.acts import opens
from shared.domain.events.model import Event
from shared.domain.identity.claims import claim_of
from shared.domain.identity.graph import TOLD, Identifier, Proof, proof_told
from shared.domain.identity.groups import connected
from shared.domain.identity.identifying import Identify
from shared.domain.identity.learning import Learner
from shared.domain.identity.ports import (
    ConsentPort,
    Findings,
    IdentityPort,
    ReportPort,
    RulesPort,
    Sighting,
    StrandPort,
    TombstonePort,
    UserHashPort,
    WindowPort,
)
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rulebook import rulebook_of
from shared.errors import ConflictError, PermanentError, TransientError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that applying events touches; `new_id` gives an id that nobody has."""

    identity: IdentityPort
    strands: StrandPort
    consents: ConsentPort
    windows: WindowPort
    tombstones: TombstonePort
    catalog: RulesPort
    user_hashes: UserHashPort
    report: ReportPort
    new_id: Callable[[], str]


@dataclass(slots=True)
class Applied:
    """What came of events: metric name → count, and what is left to do, by index of the event."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: set[int] = field(default_factory=set)  # must come again
    refused: dict[int, str] = field(default_factory=dict)  # can never be applied, and why


class ApplyEvents:
    """Safe in several threads; each call stands for itself."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    def apply(self, events: Sequence[Event], *, proof: Proof | None = None) -> Applied:
        """Apply events of anybody in any workspace; raises nothing because of single ones.

        `proof` says who vouches for what all of them claim; None: each for itself.
        """
        batch = _Batch(self._ports)
        workspaces: dict[str, list[tuple[int, Event]]] = {}
        for index, event in enumerate(events):
            workspaces.setdefault(event.workspace_id, []).append((index, event))
        for workspace_id, numbered in workspaces.items():
            with batch.alone(index for index, _ in numbered):
                batch.apply(workspace_id, numbered, proof)
        for index in batch.applied.failed:
            batch.applied.refused.pop(index, None)
        return batch.applied


@dataclass(frozen=True, slots=True)
class _Delivery:
    index: int
    event: Event
    claim: Claim


class _Batch:
    """One call of `apply`."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.applied = Applied()

    @contextmanager
    def alone(self, indexes: Iterable[int]) -> Iterator[None]:
        """Whatever fails inside fails only these events."""
        indexes = tuple(indexes)
        try:
            yield
        except Exception as error:
            self._ports.report.failed(error)
            self.applied.failed.update(indexes)

    def apply(
        self, workspace_id: str, numbered: Iterable[tuple[int, Event]], proof: Proof | None
    ) -> None:
        """Apply the events of one workspace."""
        rulebook = rulebook_of(self._ports.catalog.identity_rules(workspace_id))
        identify = Identify(
            self._ports.identity, workspace_id, rulebook, self._ports.new_id, self.applied.counts
        )
        deliveries: list[_Delivery] = []
        for index, event in numbered:
            with self.alone([index]):
                vouched = proof or self._proof(event)
                claim = claim_of(event, rulebook, vouched)
                if self._is_somebodys(index, claim):
                    deliveries.append(_Delivery(index, _kept(event, vouched), claim))
        sightings, erased, deliveries = self._look(workspace_id, deliveries)
        known = [each for each in deliveries if _is_settled(each.claim, sightings)]
        self._apply_strands(
            workspace_id, known, [sightings[each.claim.identifiers[0]].strand_id for each in known]
        )
        asked = [each for each in deliveries if not _is_settled(each.claim, sightings)]
        findings = self._find(workspace_id, asked, sightings)
        hints = {identifier: each.profile_id for identifier, each in sightings.items()}
        for group in connected([each.claim for each in asked], hints):
            members = [asked[index] for index in group]
            with self.alone(each.index for each in members):
                homes = identify.homes([each.claim for each in members], erased, findings)
                strands = [place.strand_id for place in homes.places]
                self._apply_strands(workspace_id, members, strands, homes.created)

    # --- who is it ------------------------------------------------------------------------------

    def _proof(self, event: Event) -> Proof:
        if (told := proof_told(event.proof, event.server)) != "none":
            return told
        presented = event.context.get("userHash")
        if presented is None or not event.user_id:
            return "none"
        fits = self._ports.user_hashes.fits(event.workspace_id, event.user_id, presented)
        return "hash" if fits else "none"

    def _is_somebodys(self, index: int, claim: Claim) -> bool:
        """Whether an event says who did it; else nobody will ever know."""
        self._count("IdentifiersRefused", len(claim.unusable))
        if not claim.identifiers:
            # Neither values nor kinds that clients make up: this ends in logs.
            reasons = sorted({each.reason for each in claim.unusable}) or ["none"]
            self.applied.refused[index] = f"no usable identifier: {', '.join(reasons)}"
        return bool(claim.identifiers)

    def _look(
        self, workspace_id: str, deliveries: Sequence[_Delivery]
    ) -> tuple[dict[Identifier, Sighting], dict[Identifier, datetime], list[_Delivery]]:
        """Which identifiers are known, which were erased, and the events of those who live."""
        asked = {identifier for each in deliveries for identifier in each.claim.identifiers}
        if not asked:
            return {}, {}, []
        sightings = self._ports.identity.sightings(workspace_id, asked)
        erased = {each: seen.erased_at for each, seen in sightings.items() if seen.erased_at}
        if unknown := asked - sightings.keys():
            erased |= self._ports.tombstones.erased(workspace_id, unknown)
        living = []
        for each in deliveries:
            claim = _without_erased(each.claim, each.event.occurred_at, sightings, erased)
            if claim is None:
                self._count("EventsErased", 1)
            else:
                living.append(replace(each, claim=claim))
        return sightings, erased, living

    def _find(
        self,
        workspace_id: str,
        deliveries: Sequence[_Delivery],
        sightings: Mapping[Identifier, Sighting],
    ) -> Findings | None:
        """Read the people of all these events together; None when each must look for itself."""
        asked = {identifier for each in deliveries for identifier in each.claim.identifiers}
        seen = {each: sightings[each] for each in asked if each in sightings}
        try:
            findings = self._ports.identity.find(workspace_id, seen)
        except (ConflictError, TransientError):
            return None
        return None if findings.erasing else findings

    # --- what is known, what happened -------------------------------------------------------------

    def _apply_strands(
        self,
        workspace_id: str,
        deliveries: Sequence[_Delivery],
        strands: Sequence[str],
        created: frozenset[str] = frozenset(),
    ) -> None:
        found: dict[str, list[_Delivery]] = {}
        for delivery, strand_id in zip(deliveries, strands, strict=True):
            found.setdefault(strand_id, []).append(delivery)
        for strand_id, members in found.items():
            with self.alone(each.index for each in members):
                self._apply_strand(workspace_id, strand_id, members, strand_id in created)

    def _apply_strand(
        self, workspace_id: str, strand_id: str, deliveries: Sequence[_Delivery], is_new: bool
    ) -> None:
        once: dict[object, _Delivery] = {}
        for each in deliveries:
            once.setdefault((each.event.timestamp, each.event.message_id), each)
        self._count("EventsDuplicate", len(deliveries) - len(once))
        ordered = sorted(once.values(), key=lambda each: each.event.occurred_at)
        learner = Learner(
            self._ports.strands,
            self._ports.consents,
            self._ports.catalog,
            workspace_id,
            strand_id,
        )
        refused = learner.learn([each.event for each in ordered], is_new=is_new)
        if refused:
            self._count("TraitsRefused", len(refused))
            self._ports.report.traits_refused(sorted(set(refused.values())))
        for each in ordered:
            self._open_window(workspace_id, strand_id, each.event)
            self._add(strand_id, each)

    def _open_window(self, workspace_id: str, strand_id: str, event: Event) -> None:
        """Before the event's row, like all that it brings about: repeating it changes nothing."""
        found = opens(event)
        if found is not None:
            self._ports.windows.open_window(
                workspace_id,
                strand_id,
                found.needed,
                found.address,
                found.act,
                act_id=event.message_id,
                at=event.occurred_at,
            )

    def _add(self, strand_id: str, delivery: _Delivery) -> None:
        try:
            new = self._ports.strands.add_event(strand_id, delivery.event)
        except PermanentError as error:
            self.applied.refused[delivery.index] = error.message
        else:
            self._count("EventsApplied" if new else "EventsDuplicate", 1)

    def _count(self, name: str, value: int) -> None:
        if value:
            self.applied.counts[name] += value


def _is_settled(claim: Claim, sightings: Mapping[Identifier, Sighting]) -> bool:
    """Whether the identifier's own row says all there is to know: nothing can be linked by it."""
    first = claim.identifiers[0]
    seen = sightings.get(first)
    return len(claim.identifiers) == 1 and seen is not None and seen.linked_at <= claim.at


def _without_erased(
    claim: Claim,
    occurred_at: datetime,
    sightings: Mapping[Identifier, Sighting],
    erased: Mapping[Identifier, datetime],
) -> Claim | None:
    """What is left of a claim when it was made before an erasure; None: it was the erased one's.

    The instant of the event counts, and not that of its evidence: who comes very late with an old
    event would otherwise bring somebody back.
    """
    gone = {each for each in claim.identifiers if each in erased and occurred_at <= erased[each]}
    if not gone:
        return claim
    first = claim.identifiers[0]
    if first in gone or first not in sightings:
        return None
    return replace(claim, identifiers=tuple(x for x in claim.identifiers if x not in gone))


def _kept(event: Event, proof: Proof) -> Event:
    """The event as it is kept: a user hash is proof for us, and nobody else's business.

    That it was proof is told, as is who imported it: a replay has to decide as we do now.
    """
    told = proof if proof in TOLD else None
    if told == event.proof and "userHash" not in event.context:
        return event
    context = {name: value for name, value in event.context.items() if name != "userHash"}
    return replace(event, context=context, proof=told)
