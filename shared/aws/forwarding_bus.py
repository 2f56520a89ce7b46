"""The bus for those who publish what destinations may want: it goes to their queue as well."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from events.model import DomainEvent
from shared.aws.bus import EventBus
from shared.aws.catalog import CatalogReader
from shared.aws.queues import Queue
from shared.domain.outbound.parcels import parcels


class ForwardingBus(EventBus):
    """A workspace without destinations costs nothing more than the bus alone."""

    def __init__(self, client: Any, bus_name: str, catalog: CatalogReader, queue: Queue) -> None:
        """`queue` is the one of parcels."""
        super().__init__(client, bus_name)
        self._catalog = catalog
        self._queue = queue

    def publish(self, events: Iterable[DomainEvent]) -> None:
        """Put events on the bus and, where a destination wants them, into the queue.

        When this returns, both have all of them. Raises TransientError as the bus does; what was
        sent already is sent again with the same ids.
        """
        told = list(events)
        super().publish(told)
        by_workspace: dict[str, list[DomainEvent]] = defaultdict(list)
        for event in told:
            by_workspace[event.workspace_id].append(event)
        for workspace_id, some in by_workspace.items():
            destinations = self._catalog.destinations(workspace_id)
            if destinations:
                plain = [event.model_dump(mode="json") for event in some]
                self._queue.send(
                    parcel.to_body() for parcel in parcels(workspace_id, plain, destinations)
                )
