"""Decides which profile each claim belongs to and which identifiers that profile gains.

    user known                                → that profile
    user unknown, a weak one's profile free   → that profile, and the user id becomes its own
    user unknown, its profile another user's  → a new profile; the shared device stays where it is
    no user, a weak one known                 → that profile
    nothing known                             → a new profile

Links are monotone: once an identifier points to a profile it stays, so two profiles never become
one here, and the profile of an event is the same however often the event is seen again.
"""

from collections.abc import Callable, Mapping, Sequence

from shared.domain.events.model import Event
from shared.domain.identity.groups import connected
from shared.domain.identity.model import Claim, Dispute, Identifier, Known, Link, Plan


def claim_of(event: Event) -> Claim:
    """Read what an event says about its person; identifiers that are empty say nothing."""
    device = Identifier("anonymous_id", event.anonymous_id) if event.anonymous_id else None
    aliased = event.type == "alias" and event.user_id and event.previous_id != event.user_id
    return Claim(
        message_id=event.message_id,
        source_id=event.source_id,
        at=event.received_at,
        user=Identifier("user_id", event.user_id) if event.user_id else None,
        weak=(device,) if device else (),
        former=(event.previous_id or None) if aliased else None,
    )


def undecided(claims: Sequence[Claim], known: Known) -> frozenset[str]:
    """Profiles of which `resolve` must be told the user: those that a new user id may land on.

    A claim may pass a device on to the next one, so this asks for all profiles of a group.
    """
    owners = known.owners
    if all(claim.user is None or claim.user in owners for claim in claims):
        return frozenset()
    doubtful: set[str] = set()
    for group in connected(claims, owners):
        members = [claims[index] for index in group]
        if any(claim.user and claim.user not in owners for claim in members):
            asked = {identifier for claim in members for identifier in claim.identifiers}
            doubtful |= {owners[identifier] for identifier in asked if identifier in owners}
    return frozenset(doubtful - _named(owners).keys())


def resolve(claims: Sequence[Claim], known: Known, new_id: Callable[[], str]) -> Plan:
    """Decide on claims in their order, each one knowing what those before it came to.

    `new_id` gives an unused profile_id. Raises KeyError when `known.users` lacks a profile that
    `undecided` names.
    """
    decisions = _Decisions(known, new_id)
    owners = tuple(decisions.take(claim) for claim in claims)
    return Plan(
        owners=owners,
        created=frozenset(decisions.created),
        links=tuple(decisions.links),
        disputes=tuple(decisions.disputes),
    )


class _Decisions:
    """What is known, overlaid with what this batch has decided so far."""

    def __init__(self, known: Known, new_id: Callable[[], str]) -> None:
        self._owners = dict(known.owners)
        self._users = {**known.users, **_named(known.owners)}
        self._new_id = new_id
        self.created: set[str] = set()
        self.links: list[Link] = []
        self.disputes: list[Dispute] = []

    def take(self, claim: Claim) -> str:
        """Decide on one claim; gives the profile_id."""
        profile_id = self._owner(claim) or self._create()
        for identifier in (*claim.own, *self._free_former(claim)):
            if identifier not in self._owners:
                self._link(identifier, profile_id, claim)
        for identifier in claim.identifiers:
            owner_id = self._owners.get(identifier, profile_id)
            if owner_id != profile_id:
                self.disputes.append(Dispute(identifier, owner_id, profile_id, claim))
        return profile_id

    def _owner(self, claim: Claim) -> str | None:
        if claim.user and claim.user in self._owners:
            return self._owners[claim.user]
        for weak in (*claim.weak, claim.former_device):
            owner_id = self._owners.get(weak) if weak else None
            if owner_id and (claim.user is None or self._takes(owner_id, claim.user)):
                return owner_id
        return None

    def _takes(self, profile_id: str, user: Identifier) -> bool:
        # A profile can carry the user id without its identifier row when a large plan was cut
        # short between two transactions; it is that user's all the same.
        return self._users[profile_id] in (None, user.value)

    def _free_former(self, claim: Claim) -> tuple[Identifier, ...]:
        device, user = claim.former_device, claim.former_user
        return (device,) if device and user not in self._owners else ()

    def _create(self) -> str:
        profile_id = self._new_id()
        self.created.add(profile_id)
        self._users[profile_id] = None
        return profile_id

    def _link(self, identifier: Identifier, profile_id: str, claim: Claim) -> None:
        self._owners[identifier] = profile_id
        self.links.append(Link(identifier, profile_id, claim))
        if identifier.kind == "user_id":
            self._users[profile_id] = identifier.value


def _named(owners: Mapping[Identifier, str]) -> dict[str, str | None]:
    """Profile → user, for the profiles whose user's own identifier is among `owners`."""
    return {
        profile_id: identifier.value
        for identifier, profile_id in owners.items()
        if identifier.kind == "user_id"
    }
