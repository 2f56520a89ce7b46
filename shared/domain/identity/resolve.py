"""Decides which profile each claim belongs to and which identifiers that profile gains.

    user known                                → that profile
    user unknown, a weak one's profile free   → that profile, and the user id becomes its own
    user unknown, its profile another user's  → a new profile; the shared device stays where it is
    no user, a weak one known                 → that profile
    nothing known                             → a new profile

Links are monotone: once an identifier points to a profile it stays, so two profiles never become
one here, and the profile of an event is the same however often the event is seen again.
"""

from collections.abc import Callable, Iterable, Sequence

from shared.domain.events.model import Event
from shared.domain.identity.model import Claim, Dispute, Identifier, Known, Link, Plan


def claim_of(event: Event) -> Claim:
    """Read what an event says about its person; identifiers that are empty say nothing."""
    weak: dict[Identifier, None] = {}
    former = None
    if event.anonymous_id:
        weak[Identifier("anonymous_id", event.anonymous_id)] = None
    if event.type == "alias" and event.previous_id and event.previous_id != event.user_id:
        weak[Identifier("anonymous_id", event.previous_id)] = None
        former = Identifier("user_id", event.previous_id)
    return Claim(
        message_id=event.message_id,
        source_id=event.source_id,
        at=event.received_at,
        user=Identifier("user_id", event.user_id) if event.user_id else None,
        weak=tuple(weak),
        former=former,
    )


def undecided(claims: Iterable[Claim], known: Known) -> frozenset[str]:
    """Profiles of which `resolve` must be told the user: those that a new user id may land on."""
    return frozenset(
        known.owners[weak]
        for claim in claims
        if claim.user and claim.user not in known.owners
        for weak in claim.weak
        if weak in known.owners
    )


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
        self._users = dict(known.users)
        self._new_id = new_id
        self.created: set[str] = set()
        self.links: list[Link] = []
        self.disputes: list[Dispute] = []

    def take(self, claim: Claim) -> str:
        """Decide on one claim; gives the profile_id."""
        profile_id = self._owner(claim) or self._create()
        for identifier in claim.identifiers:
            owner_id = self._owners.get(identifier)
            if owner_id is None and self._is_free(identifier, claim):
                self._link(identifier, profile_id, claim)
            elif owner_id not in (None, profile_id):
                self.disputes.append(Dispute(identifier, str(owner_id), profile_id, claim))
        return profile_id

    def _owner(self, claim: Claim) -> str | None:
        if claim.user and claim.user in self._owners:
            return self._owners[claim.user]
        for weak in claim.weak:
            owner_id = self._owners.get(weak)
            if owner_id and (claim.user is None or self._takes(owner_id, claim.user)):
                return owner_id
        return None

    def _takes(self, profile_id: str, user: Identifier) -> bool:
        # A profile can carry the user id without its identifier row when a large plan was cut
        # short between two transactions; it is that user's all the same.
        return self._users[profile_id] in (None, user.value)

    def _is_free(self, identifier: Identifier, claim: Claim) -> bool:
        former = claim.former
        if former is None or identifier.value != former.value:
            return True
        return identifier != former and former not in self._owners

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
