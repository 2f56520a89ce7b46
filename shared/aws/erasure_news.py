"""Tells destinations who was erased, so that they can do the same."""

from events.model import ErasedIdentifier, PersonErased
from shared.aws.catalog import CatalogReader
from shared.aws.marks import Marked
from shared.aws.queues import Queue
from shared.domain.outbound.model import ERASED, Destination
from shared.domain.outbound.parcels import parcels


class ErasureNews:
    """Puts a parcel for each destination that wants to know into the queue, and nowhere else."""

    def __init__(self, catalog: CatalogReader, queue: Queue) -> None:
        """`queue` is the one of parcels."""
        self._catalog = catalog
        self._queue = queue

    def announce(self, person: Marked, erasure_id: str) -> int:
        """Tell every destination that wants to know; gives how many these are.

        Told again it is the same event. Raises TransientError.
        """
        known = self._catalog.destinations(person.workspace_id)
        wanting = [one for one in known if ERASED in one.facts]
        bodies = [
            parcel.to_body()
            for one in wanting
            for parcel in parcels(person.workspace_id, [_told(person, erasure_id, one)], [one])
        ]
        if bodies:
            self._queue.send(bodies)
        return len(wanting)


def _told(person: Marked, erasure_id: str, destination: Destination) -> dict[str, object]:
    """The event as this destination gets it: with the identifiers that it asked for."""
    named = sorted({one for one, _ in person.identifiers if one.kind in destination.erased_by})
    others = (strand for strand in person.strands if strand != person.profile_id)
    return PersonErased(
        event_id=f"erased-{erasure_id}",
        workspace_id=person.workspace_id,
        occurred_at=person.erased_at,
        profile_ids=[person.profile_id, *others],
        identifiers=[ErasedIdentifier(kind=one.kind, value=one.value) for one in named],
    ).model_dump(mode="json")
