"""Takes back an address that nothing will ever reach, by an event of the person."""

from collections.abc import Callable
from datetime import datetime

from shared.aws.person_reader import PersonReader, graph_of
from shared.aws.queues import EventQueue
from shared.domain.channels.catalog import ADDRESSES
from shared.domain.channels.gone import address_gone
from shared.domain.events.packing import encode
from shared.domain.lists.said import addressed
from shared.domain.messages.channels import Channel
from shared.domain.messages.handover import Handover


class Forgetting:
    """Tells of addresses that are gone."""

    def __init__(
        self, persons: PersonReader, events: EventQueue, now: Callable[[], datetime]
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._persons = persons
        self._events = events
        self._now = now

    def __call__(self, handover: Handover, channel: Channel) -> None:
        """Nothing will ever reach the address of this handover: the trait is taken back.

        Raises TransientError when the queue does not take it.
        """
        found = self._persons.answering(handover.workspace_id, handover.profile_id)
        graph = graph_of(found[1]) if found else None
        trait = ADDRESSES[channel].trait
        if graph is None or not graph.nodes or not trait:
            return
        own = (node for node in graph.nodes if node.strand_id == handover.profile_id)
        named = next(own, graph.nodes[0]).identifier
        event = address_gone(handover, channel, trait, self._now())
        self._events.send_events([encode(addressed(event, (named.kind, named.value)))])
