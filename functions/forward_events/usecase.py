"""Hands a parcel of events to its destination, at least once.

What a destination does not take comes again with the queue, and ends among the dead letters, from
where it can be sent once more. A destination that has just failed is left alone for a while, so
that the parcels of others do not wait behind its time-outs.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, assert_never

from shared.domain.identity.person import Person
from shared.domain.outbound.model import (
    BucketTarget,
    BusTarget,
    Destination,
    WebhookTarget,
)
from shared.domain.outbound.parcels import Parcel
from shared.errors import TransientError

LEFT_ALONE: Final = timedelta(seconds=30)


class Definitions(Protocol):
    """Knows destinations (`shared.aws.catalog.CatalogReader`)."""

    def destinations(self, workspace_id: str) -> tuple[Destination, ...]:
        """Every destination of a workspace."""


class People(Protocol):
    """Knows who is there (`shared.aws.person_reader.PersonReader`)."""

    def persons(self, workspace_id: str, profile_ids: list[str]) -> dict[str, Person]:
        """The people of strands; who is gone is left out."""


class Targets(Protocol):
    """Buses and buckets (`shared.aws.outbox_targets.OutboxTargets`)."""

    def put_on_bus(self, target: BusTarget, parcel: Parcel) -> None:
        """Put each event on the bus."""

    def write_object(self, target: BucketTarget, parcel: Parcel, now: datetime) -> None:
        """Write one object."""


class Caller(Protocol):
    """Calls servers (`shared.providers.webhook.sender.WebhookSender`)."""

    def call(self, url: str, body: bytes, key: str, workspace_id: str) -> str:
        """`taken`, or `refused: ` and why."""


class ForwardEvents:
    """Brings parcels to where they go."""

    def __init__(
        self,
        definitions: Definitions,
        people: People,
        targets: Targets,
        caller: Caller,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._definitions = definitions
        self._people = people
        self._targets = targets
        self._caller = caller
        self._now = now
        self._failed: dict[tuple[str, str], datetime] = {}

    def forward(self, parcel: Parcel) -> int:
        """Hand over what is still to be told; gives how many events that were.

        Nothing goes to a destination that is gone, and nothing of people who are gone. Raises
        TransientError when the parcel must come again.
        """
        destination = self._destination(parcel)
        parcel = self._of_the_living(parcel)
        if destination is None or not parcel.events:
            return 0
        name = parcel.workspace_id, parcel.destination_id
        failed_at = self._failed.get(name)
        if failed_at is not None and self._now() - failed_at < LEFT_ALONE:
            raise TransientError("the destination has failed just now and is left alone")
        try:
            self._hand_over(destination, parcel)
        except TransientError:
            self._failed[name] = self._now()
            raise
        self._failed.pop(name, None)
        return len(parcel.events)

    def _hand_over(self, destination: Destination, parcel: Parcel) -> None:
        target = destination.to
        match target:
            case BusTarget():
                self._targets.put_on_bus(target, parcel)
            case BucketTarget():
                self._targets.write_object(target, parcel, self._now())
            case WebhookTarget():
                body = json.dumps({"events": list(parcel.events)}, ensure_ascii=False).encode()
                said = self._caller.call(target.url, body, parcel.key, parcel.workspace_id)
                if said != "taken":
                    raise TransientError(said)  # somebody may mend it until it is a dead letter
            case _:
                assert_never(target)

    def _destination(self, parcel: Parcel) -> Destination | None:
        known = self._definitions.destinations(parcel.workspace_id)
        return next((each for each in known if each.destination_id == parcel.destination_id), None)

    def _of_the_living(self, parcel: Parcel) -> Parcel:
        ids = {_profile(event) for event in parcel.events} - {""}
        there = self._people.persons(parcel.workspace_id, sorted(ids))
        events = tuple(
            event for event in parcel.events if not _profile(event) or _profile(event) in there
        )
        return Parcel(parcel.workspace_id, parcel.destination_id, events)


def _profile(event: Any) -> str:  # noqa: ANN401 - JSON
    """Whose event it is; empty for one that is about nobody, such as a journey's."""
    return str(event.get("profile_id", ""))
