"""Gives identifiers back the strands that they had, in which their events are to lie again.

An event follows its strongest identifier into a strand, and a strand's id is random. So before
events are applied once more, every identifier is made anew where it was, each as a person of its
own; the events then join them as they did.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shared.domain.identity.graph import Identifier
from shared.domain.identity.identifying import Identify
from shared.domain.identity.ports import IdentityPort, RulesPort, TombstonePort
from shared.domain.identity.resolution import Claim
from shared.domain.identity.rulebook import rulebook_of


@dataclass(frozen=True, slots=True)
class Home:
    """Where an identifier lay, since when, and when an earlier person who had it was erased."""

    identifier: Identifier
    strand_id: str
    linked_at: datetime
    erased_at: datetime | None = None


class Resettle:
    """Makes identifiers where they were; doing it again changes nothing."""

    def __init__(
        self, identity: IdentityPort, tombstones: TombstonePort, catalog: RulesPort
    ) -> None:
        self._identity = identity
        self._tombstones = tombstones
        self._catalog = catalog

    def settle(self, workspace_id: str, homes: Sequence[Home]) -> int:
        """Make those that nobody has and that nobody erased since; gives how many.

        Raises TransientError.
        """
        once = {home.identifier: home for home in reversed(homes)}  # the first word counts
        known = self._identity.sightings(workspace_id, once)
        unknown = once.keys() - known.keys()
        erased = self._tombstones.erased(workspace_id, unknown)
        rulebook = rulebook_of(self._catalog.identity_rules(workspace_id))
        made = 0
        for identifier in sorted(unknown):
            home = once[identifier]
            gone = erased.get(identifier)
            # Whoever came back after an erasure has it in the row; all others were erased since.
            if gone is not None and (home.erased_at is None or home.erased_at < gone):
                continue
            claim = Claim(message_id="", source_id="", at=home.linked_at, identifiers=(identifier,))
            make = Identify(
                self._identity, workspace_id, rulebook, partial(str, home.strand_id), Counter()
            )
            make.homes([claim], {identifier: gone} if gone is not None else {})
            made += 1
        return made
