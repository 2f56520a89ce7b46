"""`branch`: takes the first arm whose condition matches, else `otherwise`."""

from shared.domain.journeys.enrolment import Because
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.steps.outcome import Go, Moment, Outcome
from shared.domain.journeys.stimulus import Perform
from shared.domain.segments.evaluate import evaluate


def answer(step: BranchStep, moment: Moment) -> Outcome | None:
    """Decide by what is known of the person; without facts nothing can be decided."""
    stimulus = moment.stimulus
    if not isinstance(stimulus, Perform) or stimulus.facts is None:
        return None
    view, zone = stimulus.facts.view, stimulus.facts.zone
    conditions = stimulus.facts.arms or tuple(arm.when for arm in step.arms)
    because: Because = ()
    for arm, condition in zip(step.arms, conditions, strict=True):
        verdict = evaluate(condition, view, moment.enrolment.clock_at, zone)
        reasons = tuple(fact.to_json() for fact in verdict.because)
        if verdict.matches:
            return Go("took", arm.next, reasons)
        because += reasons
    return Go("took", step.otherwise, because)
