"""What events claim about identity, what is known, and what deciding on the claims comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from shared.domain.identity.graph import Edge, Graph, Identifier, Proof

Reason = Literal[
    "limit",  # the person would hold more identifiers of a kind than the rules allow
    "kept_apart",  # a weak identifier may not join two people whom a strong one keeps apart
    "unproven",  # a public key may add to a person, but not merge two
    "unmerged",  # an operator has cut this link
    "blocked",  # the rules no longer let one of the two identifiers name anybody
    "breaker",  # too many identifiers, or too many merges in a day, on one person
]
"""Why a link does not count."""


class Unusable(NamedTuple):
    """An identifier of an event that names nobody: blocked, malformed or of no known kind."""

    kind: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one event says about who did it.

    `identifiers` are normalised and usable, the strongest first, each once. The first one's strand
    is where the event lies for ever; every other one is linked to it.
    """

    message_id: str
    source_id: str
    at: datetime
    identifiers: tuple[Identifier, ...]
    proof: Proof = "none"
    rule: str = "event"
    unusable: tuple[Unusable, ...] = ()


class Dispute(NamedTuple):
    """A link that does not count: evidence that two people may be one, and why they are not.

    It is kept in the strands of both identifiers.
    """

    edge: Edge
    reason: Reason
    left_strand: str
    right_strand: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known when claims were decided on, read strongly consistent.

    `owners` maps identifier → profile_id of the person it belongs to, and `graphs` holds the graph
    of each. `disputes` are those that are known of these people. They need to be complete, as do
    the people on their other ends, only when `wide` says so.
    """

    owners: Mapping[Identifier, str] = field(default_factory=dict)
    graphs: Mapping[str, Graph] = field(default_factory=dict)
    disputes: tuple[Dispute, ...] = ()
    wide: bool = False


class Place(NamedTuple):
    """Where an event belongs: the person, and the strand in which the event lies."""

    profile_id: str
    strand_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What to write; nothing when `graphs` and `disputes` are empty.

    `places` has one entry for each claim. `graphs` are the new and changed people, their `version`
    and `joins` as they are to be stored. `redirects` maps every strand, new ones included, for
    which another root answers from now on to that root. `before` holds the version of every stored
    person that changes or ceases to be, so that a write can be refused when one has changed.
    `settled` are disputes to take away. When `needs` is not empty nothing is decided: read
    everything about these people and whoever they are in dispute with, and decide again with
    `wide`.
    """

    places: tuple[Place, ...] = ()
    graphs: tuple[Graph, ...] = ()
    redirects: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, int] = field(default_factory=dict)
    disputes: tuple[Dispute, ...] = ()
    settled: tuple[Dispute, ...] = ()
    needs: frozenset[str] = frozenset()
