"""`repeat`: leads back so many times, then on; after that the counting begins anew."""

from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.kinds import RepeatStep
from shared.domain.journeys.steps.outcome import Go, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Perform


def answer(step: RepeatStep, moment: Moment) -> Outcome | None:
    """Lead back while fewer rounds were taken than there are now."""
    if not isinstance(moment.stimulus, Perform):
        return None
    taken = _taken(moment.enrolment, step.name) + 1
    if taken <= step.times:
        return Go("repeated", step.to, (fact("round", str(taken), of=step.times),))
    return Go("went_on", step.next, (fact("round", str(step.times), of=step.times),))


def _taken(enrolment: Enrolment, name: str) -> int:
    """How many rounds were taken since people last went on.

    Visits are no measure: they live on through a move to a version that has other rounds.
    """
    taken = 0
    for entry in reversed(enrolment.trace):
        if entry.step == name and entry.decision == "went_on":
            break
        taken += entry.step == name and entry.decision == "repeated"
    return taken
