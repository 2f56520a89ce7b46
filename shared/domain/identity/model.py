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
    """What one event says about who did it.

    `user` is strong: it names the person. `weak` ones name a device or a browser, in the order in
    which they are asked for a profile. `former` is the other reading of an alias's previous id: it
    is looked up, so that a user's id is never taken for a device's, and never linked.
    """

    message_id: str
    source_id: str
    at: datetime
    user: Identifier | None = None
    weak: tuple[Identifier, ...] = ()
    former: Identifier | None = None

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """All that must be looked up to decide on this claim."""
        found = (self.user, *self.weak, self.former)
        return tuple(identifier for identifier in found if identifier)


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
