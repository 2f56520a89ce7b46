"""`exit`: ends the enrolment with a reason of the operator's own."""

from shared.domain.journeys.kinds import ExitStep
from shared.domain.journeys.steps.outcome import Leave, Moment, Outcome
from shared.domain.journeys.stimulus import Perform


def answer(step: ExitStep, moment: Moment) -> Outcome | None:
    """Leave when its turn has come."""
    return Leave(step.reason) if isinstance(moment.stimulus, Perform) else None
