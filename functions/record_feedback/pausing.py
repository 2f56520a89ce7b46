"""Pauses a journey whose messages bounce or annoy too often, or whose money is spent; tells it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from events.model import JourneyPaused
from shared.aws.bus import EventBus
from shared.aws.catalog_writer import CatalogWriter, Edit
from shared.aws.feedback_store import FeedbackStore
from shared.aws.purse import Purse
from shared.domain.feedback.thresholds import PauseAt, excess, subjects
from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.workspace.model import WorkspaceSettings


class Pausing:
    """Holds journeys to the thresholds, and to their money."""

    def __init__(
        self,
        feedback: FeedbackStore,
        catalog: CatalogWriter,
        bus: EventBus,
        observe: Callable[[], None],
        purse: Purse,
    ) -> None:
        """`observe` hears of a journey that was paused, for the alarm."""
        self._feedback = feedback
        self._catalog = catalog
        self._bus = bus
        self._observe = observe
        self._purse = purse

    def look(self, workspace_id: str, journey_id: str, now: datetime, at: PauseAt) -> None:
        """Pause the journey if it must be, by the shares of `at`.

        One that nobody can enter any more is left as it is.

        Raises ConflictError when somebody else changed the catalog meanwhile.
        """
        counts = self._feedback.heard(workspace_id, subjects(journey_id, now))
        reason = excess(counts, at)
        if reason is None:
            return
        names = ("delivered", "bounced", "complained")
        self._pause(
            self._catalog.edit(workspace_id),
            JourneyPaused(
                event_id="",
                workspace_id=workspace_id,
                occurred_at=now,
                journey_id=journey_id,
                reason=reason,
                counts={name: counts.get(name, 0) for name in names},
            ),
        )

    def spent(self, workspace_id: str, journey_id: str, micros: int, now: datetime) -> None:
        """Pause a journey in which a message of this price fits no more (in dollars / 10^6).

        By the budget of the version that people meet now: one that was raised meanwhile holds.
        Raises ConflictError when somebody else changed the catalog meanwhile.
        """
        edit = self._catalog.edit(workspace_id)
        journey = edit.find("JOURNEY", journey_id)
        if journey is None or journey.status != "published":
            return
        body = edit.body_of(journey, journey.published_version or journey.version)
        budget = Journey.model_validate_json(body).budget
        if budget is None:
            return
        zone = (edit.settings() or WorkspaceSettings()).zone
        spent = self._purse.spent(workspace_id, budget.subject(journey_id, now, zone))
        if spent + micros <= budget.micros:
            return
        self._pause(
            edit,
            JourneyPaused(
                event_id="",
                workspace_id=workspace_id,
                occurred_at=now,
                journey_id=journey_id,
                reason="budget_used_up",
                counts={"spent_micros": spent, "budget_micros": budget.micros},
            ),
        )

    def _pause(self, edit: Edit, paused: JourneyPaused) -> None:
        """Tell it before it is done, so that nothing is paused in silence; it may be told twice."""
        journey = edit.find("JOURNEY", paused.journey_id)
        if journey is None or journey.status != "published":
            return
        name = f"paused-{paused.journey_id}-{edit.next_version}"
        self._bus.publish([paused.model_copy(update={"event_id": name})])
        at = format_instant(paused.occurred_at)
        counted = ", ".join(f"{name} {number}" for name, number in paused.counts.items())
        because = f"{paused.reason}: {counted}"
        edit.put(replace(journey, status="paused", paused_because=because, updated_at=at))
        edit.commit()
        self._observe()
