"""Identifiers, what an event claims about them, and what a batch of claims comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Kind = Literal["user_id", "anonymous_id"]


class Identifier(NamedTuple):
    """A value that points to a profile; the same value of another kind is another identifier."""

    kind: Kind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one event says about who did it; it has a user, a weak identifier or both.

    `user` is strong: it names the person. `weak` ones name a device or a browser, in the order in
    which they are asked for a profile. `former` is the previous id of an alias, of which nobody
    says whether it was a device's or a user's: it is read as a device's unless it is a user's.
    """

    message_id: str
    source_id: str
    at: datetime
    user: Identifier | None = None
    weak: tuple[Identifier, ...] = ()
    former: str | None = None

    @property
    def own(self) -> tuple[Identifier, ...]:
        """The identifiers that are the person's by this event."""
        return (self.user, *self.weak) if self.user else self.weak

    @property
    def former_device(self) -> Identifier | None:
        """The previous id of an alias, read as a device's."""
        return Identifier("anonymous_id", self.former) if self.former else None

    @property
    def former_user(self) -> Identifier | None:
        """The previous id of an alias, read as a user's."""
        return Identifier("user_id", self.former) if self.former else None

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """All that must be looked up to decide on this claim, each once."""
        found = (*self.own, self.former_device, self.former_user)
        return tuple(dict.fromkeys(identifier for identifier in found if identifier))


@dataclass(frozen=True, slots=True)
class Known:
    """What was known when a batch was decided on, read strongly consistent.

    `owners` maps identifier → profile_id; `users` maps profile_id → its user id or None, and needs
    to hold only the profiles that `undecided` asks for.
    """

    owners: Mapping[Identifier, str] = field(default_factory=dict)
    users: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """An identifier that from now on points to a profile, and the event that said so."""

    identifier: Identifier
    profile_id: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Dispute:
    """An identifier of a claim that stays with another profile: evidence that both may be one."""

    identifier: Identifier
    owner_id: str
    claimant_id: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write, in the order of the decisions, so that any prefix of it is a valid state.

    `owners` names the profile of each claim, one by one.
    """

    owners: tuple[str, ...]
    created: frozenset[str]
    links: tuple[Link, ...]
    disputes: tuple[Dispute, ...]
