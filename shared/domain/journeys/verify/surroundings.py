"""What a journey is looked at against: the other definitions, the time, and what has been seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from shared.domain.journeys.definition import Journey
from shared.domain.messages.model import AnyTemplate
from shared.domain.segments.condition import Node
from shared.domain.segments.contradiction import Prover
from shared.domain.segments.expand import Definitions, ExpansionError, expand
from shared.domain.workspace.purposes import Purpose

PROOFS: Final = 150_000  # comparisons for one journey: some seconds at the most


class Consent(NamedTuple):
    """What somebody was recorded to have agreed to; an empty topic is all of the purpose."""

    purpose: Purpose
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the lake has: which events ever came, and which consents were ever given."""

    events: frozenset[str]
    consents: frozenset[Consent]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """`journeys` are the others that people meet; `seen` is None where nobody has looked.

    `providers` are the channels that somebody is said to carry out, None where nobody knows.

    With `partial`, definitions may be missing because they are not among the files at hand.
    """

    definitions: Definitions
    templates: Mapping[str, AnyTemplate]
    journeys: Mapping[str, Journey]
    now: datetime
    seen: Seen | None = None
    providers: frozenset[str] | None = None
    partial: bool = False
    prover: Prover = field(default_factory=lambda: Prover(PROOFS))

    def expanded(self, condition: Node) -> Node | None:
        """The condition of facts alone; None where it names what is not known."""
        try:
            return expand(condition, self.definitions)
        except ExpansionError:
            return None
