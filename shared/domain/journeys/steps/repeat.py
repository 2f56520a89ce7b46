"""`repeat`: leads back so many times, then on; after that the counting begins anew."""

from shared.domain.journeys.kinds import RepeatStep
from shared.domain.journeys.steps.outcome import Go, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Perform


def answer(step: RepeatStep, moment: Moment) -> Outcome | None:
    """Count the visits: every one that is not the last of its kind leads back."""
    if not isinstance(moment.stimulus, Perform):
        return None
    taken = moment.visit % (step.times + 1)
    if taken:
        return Go("repeated", step.to, (fact("round", str(taken), of=step.times),))
    return Go("went_on", step.next, (fact("round", str(step.times), of=step.times),))
