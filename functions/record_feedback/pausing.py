"""Pauses a journey of which too many messages bounce or annoy, and tells of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from events.model import JourneyPaused
from shared.aws.bus import EventBus
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.feedback_store import FeedbackStore
from shared.domain.feedback.thresholds import excess, subjects
from shared.domain.instants import format_instant


class Pausing:
    """Holds journeys to the thresholds."""

    def __init__(
        self,
        feedback: FeedbackStore,
        catalog: CatalogWriter,
        bus: EventBus,
        observe: Callable[[], None],
    ) -> None:
        """`observe` hears of a journey that was paused, for the alarm."""
        self._feedback = feedback
        self._catalog = catalog
        self._bus = bus
        self._observe = observe

    def look(self, workspace_id: str, journey_id: str, now: datetime) -> None:
        """Pause the journey if it must be; one that nobody can enter any more is left as it is.

        It is told before it is done, so that nothing is paused in silence; after a crash it may be
        told twice. Raises ConflictError when somebody else changed the catalog meanwhile.
        """
        counts = self._feedback.heard(workspace_id, subjects(journey_id, now))
        reason = excess(counts)
        if reason is None:
            return
        edit = self._catalog.edit(workspace_id)
        journey = edit.find("JOURNEY", journey_id)
        if journey is None or journey.status != "published":
            return
        paused = JourneyPaused(
            event_id=f"paused-{journey_id}-{edit.next_version}",
            workspace_id=workspace_id,
            occurred_at=now,
            journey_id=journey_id,
            reason=reason,
            counts={name: counts.get(name, 0) for name in ("delivered", "bounced", "complained")},
        )
        self._bus.publish([paused])
        edit.put(replace(journey, status="paused", updated_at=format_instant(now)))
        edit.commit()
        self._observe()
