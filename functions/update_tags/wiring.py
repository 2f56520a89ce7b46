"""What update_tags works on in production."""

import os
from functools import cache

from functions.update_tags.enrolments import EnrolmentNews
from functions.update_tags.planning import Plans
from functions.update_tags.ports import Ports
from functions.update_tags.settings import Settings
from shared.aws.catalog import CatalogReader
from shared.aws.due_store import DueIndex
from shared.aws.forwarding_bus import ForwardingBus
from shared.aws.group_store import GroupStore
from shared.aws.journey_counts import JourneyCounts
from shared.aws.measure_store import MeasureStore
from shared.aws.membership_moves import MembershipMoves
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.aws.state_store import StateStore
from shared.aws.tag_store import TagStore
from shared.aws.task_store import TaskStore
from shared.aws.trait_history import TraitHistory
from shared.aws.view_reader import ViewReader
from shared.domain.due.timing import JUDGED
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("update_tags")


@cache
def enrolment_news() -> EnrolmentNews:
    """Where news of enrolments go, over the table that the environment names."""
    settings = load(Settings, os.environ)
    dynamodb, table = client("dynamodb"), settings.profiles_table
    # Whoever is erased just now is swept once more when what began before has ended.
    people = PersonReader(dynamodb, table, consistent=False)
    profiles = ProfileStore(dynamodb, table)
    counts, tasks = JourneyCounts(dynamodb, table), TaskStore(dynamodb, table)
    return EnrolmentNews(people, profiles, counts, tasks)


@cache
def wiring() -> tuple[Plans, Ports]:
    """Plans and ports over the tables, the bus and the queue that the environment names."""
    settings = load(Settings, os.environ)
    dynamodb, table = client("dynamodb"), settings.profiles_table
    states, measures = StateStore(dynamodb, table), MeasureStore(dynamodb, table)
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    outbound = Queue(client("sqs"), settings.outbound_queue_url)
    ports = Ports(
        people=PersonReader(dynamodb, table),
        states=states,
        measures=measures,
        views=ViewReader(states, measures),
        memberships=MembershipStore(dynamodb, table),
        moves=MembershipMoves(dynamodb, table),
        tags=TagStore(dynamodb, table),
        due=DueIndex(dynamodb, table, JUDGED, Queue(client("sqs"), settings.due_queue_url)),
        groups=GroupStore(dynamodb, table),
        histories=TraitHistory(dynamodb, table),
        bus=ForwardingBus(client("events"), settings.bus_name, catalog, outbound),
    )
    return Plans(catalog, log), ports
