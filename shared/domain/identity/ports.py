"""What applying events to people needs from outside: stores, rules, and somebody to report to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.consents.model import Decision
from shared.domain.events.model import Event
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Dispute, Known, Resolution
from shared.domain.identity.rules import IdentityRules
from shared.domain.messages.windows import Act, Needed
from shared.domain.profiles.model import Profile, Trait
from shared.domain.workspace.model import WorkspaceSettings

Pair = tuple[Identifier, Identifier]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the row of an identifier says.

    `strand_id` never changes. `profile_id` is a hint: the person that it belonged to at the last
    look. `erased_at` is when an earlier person with this identifier was erased.
    """

    strand_id: str
    profile_id: str
    linked_at: datetime
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of some people, and who of them is being erased since when."""

    known: Known
    erasing: Mapping[str, datetime]


class IdentityPort(Protocol):
    """Who is who. Every method raises TransientError when AWS is busy or out of reach."""

    def sightings(
        self, workspace_id: str, identifiers: Iterable[Identifier]
    ) -> dict[Identifier, Sighting]:
        """The rows of those identifiers that were ever seen."""

    def find(self, workspace_id: str, sightings: Mapping[Identifier, Sighting]) -> Findings:
        """The people behind these identifiers; raises ConflictError while they change."""

    def disputes(self, workspace_id: str, pairs: Iterable[Pair], known: Known) -> list[Dispute]:
        """The disputes about these pairs of known identifiers."""

    def widen(
        self, workspace_id: str, identifiers: Iterable[Identifier], needs: Iterable[str]
    ) -> Known | None:
        """Everything about these people and whoever they are in dispute with, near or far.

        None when that is more than can be decided on at once. Raises ConflictError.
        """

    def commit(
        self,
        workspace_id: str,
        resolution: Resolution,
        known: Known,
        erased: Mapping[Identifier, datetime],
    ) -> bool:
        """Write all of a resolution or nothing; `erased` are instants for rows of new identifiers.

        False when it is more than can be written at once. Raises ConflictError when somebody
        changed one of the people since.
        """


class StrandPort(Protocol):
    """What a strand holds. Every method raises TransientError."""

    def recall(
        self, workspace_id: str, profile_id: str, events: Sequence[Event]
    ) -> tuple[Profile, dict[int, Event]]:
        """The strand, and those of the events that lie in it already, by their index.

        Raises ConflictError when there is no such strand.
        """

    def put_traits(self, profile: Profile, traits: Mapping[str, Trait]) -> None:
        """Replace all traits of a strand as it was read; raises ConflictError."""

    def add_event(self, profile_id: str, event: Event) -> bool:
        """Write an event down; False when it is there already. Raises PermanentError."""


class ConsentPort(Protocol):
    """What people agreed to."""

    def record(self, workspace_id: str, strand_id: str, decisions: Sequence[Decision]) -> int:
        """Keep what was decided, in the ledger and in force; raises TransientError."""


class WindowPort(Protocol):
    """What acts of people allow to be sent."""

    def open_window(
        self,
        workspace_id: str,
        strand_id: str,
        needed: Needed,
        address: str,
        act: Act,
        *,
        act_id: str,
        at: datetime,
    ) -> bool:
        """Open a window of an address; repeating an act opens nothing. Raises TransientError."""


class TombstonePort(Protocol):
    """Who was erased."""

    def erased(
        self, workspace_id: str, identifiers: Iterable[Identifier]
    ) -> Mapping[Identifier, datetime]:
        """Those of the identifiers that were erased, and when; raises TransientError."""


class RulesPort(Protocol):
    """The catalog, as far as identity needs it."""

    def identity_rules(self, workspace_id: str) -> IdentityRules:
        """How people are told apart."""

    def settings(self, workspace_id: str) -> WorkspaceSettings:
        """Asked only for what stops messages, when somebody has replied to one."""


class UserHashPort(Protocol):
    """Proof that a page speaks for a user."""

    def fits(self, workspace_id: str, user_id: str, presented: object) -> bool:
        """Say whether this is the user's hash; raises TransientError."""


class ReportPort(Protocol):
    """Hears what a log may say."""

    def failed(self, error: Exception) -> None:
        """Something did not work and will be tried again."""

    def traits_refused(self, reasons: Sequence[str]) -> None:
        """Traits found no room."""
