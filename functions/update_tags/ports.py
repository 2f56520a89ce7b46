"""What update_tags works on."""

from dataclasses import dataclass

from shared.aws.bus import EventBus
from shared.aws.group_store import GroupStore
from shared.aws.membership_moves import MembershipMoves
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.state_store import StateStore
from shared.aws.trait_history import TraitHistory


@dataclass(frozen=True, slots=True)
class Ports:
    """Stores over the table of people, and the bus."""

    people: PersonReader
    states: StateStore
    memberships: MembershipStore
    moves: MembershipMoves
    groups: GroupStore
    histories: TraitHistory
    bus: EventBus
