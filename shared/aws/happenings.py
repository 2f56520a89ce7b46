"""What a person did since an instant, looked up in all timelines and in the memberships."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import query_items, to_item
from shared.aws.membership_store import MembershipStore
from shared.aws.profile_rows import event_of
from shared.aws.state_store import StateStore
from shared.domain.events.model import Event
from shared.domain.identity.person import Person
from shared.domain.instants import format_instant
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import (
    moved,
    segment_of,
    segment_trigger,
    stage_moves,
    stage_of,
)
from shared.domain.segments.membership import Membership

# The timeline is ordered by the clients' own clocks; one that is wrong by more than this is not
# found here, though its events still find whoever listens when they arrive.
CLOCK_ERROR: Final = timedelta(days=1)


class HappeningsReader:
    """Reads what has happened (the port `Happenings`)."""

    def __init__(self, client: Any, profiles_table: str, memberships: MembershipStore) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table
        self._memberships = memberships

    def since(
        self, person: Person, triggers: Collection[str], since: datetime
    ) -> Sequence[Happened]:
        """Everything by these triggers from `since` on, strongly consistent, by time and id.

        One query for each strand of the person, and a read or two where a trigger is about a
        segment or a lifecycle stage.
        """
        workspace_id = person.workspace_id
        found: list[Happened] = []
        for strand in person.strands:
            found += self._events(workspace_id, strand, triggers, since)
        segments = sorted(filter(None, map(segment_of, triggers)))
        if segments:
            moves = self._memberships.some(workspace_id, person.profile_id, segments)
            found += [_move(move) for move in moves.values() if move.since >= since]
        if any(map(stage_of, triggers)):
            found += [move for move in self._stages(person) if move.occurred_at >= since]
        wanted = [happened for happened in found if happened.trigger in triggers]
        return sorted(wanted, key=lambda happened: (happened.occurred_at, happened.fact_id))

    def _stages(self, person: Person) -> Iterator[Happened]:
        """Every move from one lifecycle stage to another that the person ever made."""
        states = StateStore(self._client, self._table)
        state = states.whole(person).state
        stood = states.stages(person.workspace_id, person.profile_id, state)
        for (before, _), (after, at) in pairwise(stood):
            yield from stage_moves(before, after, at)

    def _events(
        self, workspace_id: str, strand_id: str, triggers: Collection[str], since: datetime
    ) -> list[Happened]:
        names = {f":name{place}": name for place, name in enumerate(sorted(triggers))}
        values = {
            ":pk": keys.person(workspace_id, strand_id),
            ":first": keys.EVENT_PREFIX + format_instant(since - CLOCK_ERROR),
            ":last": keys.EVENT_PREFIX + "~",  # behind `undated` too
            ":since": since,
            **names,
        }
        with faults_are_transient():
            items = list(
                query_items(
                    self._client,
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                    FilterExpression=f"occurred_at >= :since AND #name IN ({', '.join(names)})",
                    ExpressionAttributeNames={"#name": "name"},
                    ExpressionAttributeValues=to_item(values),
                    ConsistentRead=True,
                )
            )
        return [happened_by(event_of(item)) for item in items]


def happened_by(event: Event) -> Happened:
    """A behaviour event as journeys see it."""
    return Happened(
        fact_id=event.message_id,
        trigger=event.name,
        occurred_at=event.occurred_at,
        arrived_at=event.received_at,
        properties=event.properties,
        correlation_id=event.correlation_id,
    )


def _move(membership: Membership) -> Happened:
    edge = "entered" if membership.member else "exited"
    return moved("segment", segment_trigger(membership.segment_id, edge), membership.since)
