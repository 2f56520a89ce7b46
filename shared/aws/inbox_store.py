"""Messages that clients fetch: rows in the partition of the strand that they were sent to.

A row is written once, by the one claim of its message, at the desk of its enrolment, and stays
there when people merge; who reads asks all desks of the person. What a person does with a message
is one transaction of its row and of the event that tells the timeline, so each act happens once,
whichever device is faster.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    from_item,
    get_items,
    is_conditional_failure,
    query_items,
    to_item,
    to_text,
)
from shared.aws.person_reader import PersonReader, graph_of
from shared.aws.profile_rows import event_item
from shared.aws.transactions import transact
from shared.domain.events.model import Event
from shared.domain.identity.graph import Identifier
from shared.domain.identity.person import Person
from shared.domain.inbox.model import Act, Ask, InboxMessage
from shared.domain.instants import parse_instant
from shared.errors import ConflictError

Row = dict[str, Any]

# Kinds of identifiers that name a browser or a device, whatever the rules of the workspace are.
_NOBODYS_NAME: Final = frozenset({"anonymous_id", "device_id"})
_ACTS: Final[tuple[Act, ...]] = ("shown", "clicked", "dismissed", "answered")
_KEPT_LONGER: Final = timedelta(days=1)  # for a page that was left open


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose inbox it is; somebody `known` has a name, not only a browser or a device."""

    person: Person
    known: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A message and the strand in which it lies; `personal` ones were written to somebody known."""

    strand_id: str
    message: InboxMessage
    personal: bool


class InboxStore:
    """The inboxes of all people; every method raises TransientError when the table is busy."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table
        self._people = PersonReader(client, profiles_table)

    def put(self, workspace_id: str, profile_id: str, message: InboxMessage) -> bool:
        """Lay a message into the inbox of a strand; one that is there already stays as it is.

        False when there is nobody any more.
        """
        owner = self._owner(workspace_id, profile_id)
        if owner is None:
            return False
        row = {
            "pk": keys.person(workspace_id, profile_id),
            "sk": keys.inbox(message.message_id),
            "channel": message.channel,
            "content": to_text(_content(message)),
            "priority": message.priority,
            "created_at": message.created_at,
            "until": message.until,
            "expires_at": int((message.until + _KEPT_LONGER).timestamp()),
            "personal": owner.known,
        }
        with faults_are_transient():
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(row),
                    ConditionExpression="attribute_not_exists(pk)",
                )
            except ClientError as error:
                if not is_conditional_failure(error):
                    raise
        return True

    def has(self, workspace_id: str, profile_id: str, message_id: str) -> bool:
        """Whether a message lies in the inbox of a strand, strongly consistent."""
        key = keys.Key(keys.person(workspace_id, profile_id), keys.inbox(message_id))
        with faults_are_transient():
            return key in get_items(self._client, self._table, [key])

    def owner(self, workspace_id: str, identifier: Identifier) -> Owner | None:
        """Whose inbox an identifier opens; None when nobody has it."""
        key = keys.identifier(workspace_id, *identifier)
        with faults_are_transient():
            item = get_items(self._client, self._table, [key]).get(key)
        return self._owner(workspace_id, str(from_item(item)["strand_id"])) if item else None

    def messages(self, person: Person) -> list[Found]:
        """Everything in a person's inbox, in no order; what another call has just done may miss."""
        found: list[Found] = []
        for strand_id in person.desks:
            with faults_are_transient():
                for item in query_items(
                    self._client,
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                    ExpressionAttributeValues=to_item(
                        {
                            ":pk": keys.person(person.workspace_id, strand_id),
                            ":prefix": keys.INBOX_PREFIX,
                        }
                    ),
                ):
                    found.append(_found(from_item(item)))
        return found

    def find(self, person: Person, message_ids: Iterable[str]) -> dict[str, Found]:
        """Messages of a person by their ids, as they are now."""
        wanted = [
            keys.Key(keys.person(person.workspace_id, strand_id), keys.inbox(message_id))
            for message_id in message_ids
            for strand_id in person.desks
        ]
        with faults_are_transient():
            items = get_items(self._client, self._table, wanted)
        found = (_found(from_item(item)) for item in items.values())
        return {one.message.message_id: one for one in found}

    def act(self, workspace_id: str, found: Found, act: Act, event: Event, now: datetime) -> bool:
        """Write down what the person did; False when that was done before, or the message is gone.

        `event` tells of it in the timeline of the strand.
        """
        name = f"{act}_at"
        key = {
            "pk": keys.person(workspace_id, found.strand_id),
            "sk": keys.inbox(found.message.message_id),
        }
        update = {
            "TableName": self._table,
            "Key": to_item(key),
            "UpdateExpression": "SET #done = :now",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(#done)",
            "ExpressionAttributeNames": {"#done": name},
            "ExpressionAttributeValues": to_item({":now": now}),
        }
        told = {"TableName": self._table, "Item": event_item(found.strand_id, event)}
        try:
            transact(self._client, [{"Update": update}, {"Put": told}])
        except ConflictError:
            return False
        return True

    def _owner(self, workspace_id: str, strand_id: str) -> Owner | None:
        answering = self._people.answering(workspace_id, strand_id)
        if answering is None:
            return None
        person, row = answering
        graph = graph_of(row)
        if graph is None:
            return Owner(person, known=True)
        kinds = {node.identifier.kind for node in graph.nodes}
        return Owner(person, known=not kinds <= _NOBODYS_NAME)


def _content(message: InboxMessage) -> dict[str, Any]:
    return {
        "headline": message.headline,
        "text": message.text,
        "image": message.image,
        "link": message.link,
        "link_title": message.link_title,
        "place": message.place,
        "ask": message.ask.to_json() if message.ask else None,
        "template_id": message.template_id,
        "journey_id": message.journey_id,
        "step": message.step,
    }


def _found(row: Row) -> Found:
    content = json.loads(row["content"])
    ask = content.pop("ask")
    times = (f"{act}_at" for act in _ACTS)
    done: Row = {name: parse_instant(row[name]) for name in times if name in row}
    message = InboxMessage(
        message_id=row["sk"].removeprefix(keys.INBOX_PREFIX),
        channel=row["channel"],
        priority=row["priority"],
        created_at=parse_instant(row["created_at"]),
        until=parse_instant(row["until"]),
        ask=Ask.from_json(ask) if ask else None,
        **content,
        **done,
    )
    _, strand_id = keys.profile_of(row["pk"])
    return Found(strand_id, message, row["personal"])
