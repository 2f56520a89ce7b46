"""`update`, `reward`, `webhook`, `start_journey`: ask for it and go on; they differ in what."""

from shared.domain.journeys.kinds import ActingStep
from shared.domain.journeys.steps.outcome import Go, Moment, Outcome
from shared.domain.journeys.stimulus import Perform


def answer(step: ActingStep, moment: Moment) -> Outcome | None:
    """Ask when its turn has come; nothing else concerns it."""
    return Go("acted", step.next) if isinstance(moment.stimulus, Perform) else None
