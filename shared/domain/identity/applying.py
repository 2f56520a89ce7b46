"""Applies events to people: who is it, what is known now, what happened; each event once."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.domain.events.model import Event
from shared.domain.identity.graph import Proof
from shared.domain.identity.ports import (
    ConsentPort,
    IdentityPort,
    ReportPort,
    RulesPort,
    StrandPort,
    TombstonePort,
    UserHashPort,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that applying events touches; `new_id` gives an id that nobody has."""

    identity: IdentityPort
    strands: StrandPort
    consents: ConsentPort
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
        raise NotImplementedError
