"""What update_tags works on."""

from dataclasses import dataclass

from shared.aws.bus import EventBus
from shared.aws.due_store import DueIndex
from shared.aws.group_store import GroupStore
from shared.aws.measure_store import MeasureStore
from shared.aws.membership_moves import MembershipMoves
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.state_store import StateStore
from shared.aws.tag_store import TagStore
from shared.aws.trait_history import TraitHistory
from shared.aws.view_reader import ViewReader


@dataclass(frozen=True, slots=True)
class Ports:
    """Stores over the table of people, and the bus."""

    people: PersonReader
    states: StateStore
    measures: MeasureStore
    views: ViewReader
    memberships: MembershipStore
    moves: MembershipMoves
    tags: TagStore
    due: DueIndex
    groups: GroupStore
    histories: TraitHistory
    bus: EventBus
