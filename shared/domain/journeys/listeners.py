"""Listeners: what has to be registered so that events find an enrolment, and what no longer."""

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.triggers import standing_triggers, triggers_of_wait


def listeners(journey: Journey, enrolment: Enrolment) -> dict[str, Listen]:
    """Every listener that the enrolment needs where it stands, by trigger; none once it is over.

    A wait and what counts wherever one stands (exit rules, the goal) share one by the same trigger.
    """
    if enrolment.status != "active":
        return {}
    wanted = {trigger: Listen(trigger, exits=True) for trigger in standing_triggers(journey)}
    for trigger in enrolment.waiting.triggers if enrolment.waiting else ():
        visit = enrolment.visits[enrolment.at]
        wanted[trigger] = Listen(trigger, trigger in wanted, enrolment.at, visit)
    return wanted


def leftovers(journey: Journey, enrolment: Enrolment, step: str, visit: int) -> tuple[Listen, ...]:
    """Listeners that nothing needs any more, though they may still be registered.

    They are those of a visit of the wait `step` (empty: of none) that is over, and all of them
    when the enrolment is over. Those of a step of an older version are taken away by the move.
    """
    exits = standing_triggers(journey)
    left: dict[str, Listen] = {}
    places = {step: visit}
    if enrolment.status != "active":
        left = {trigger: Listen(trigger, exits=True) for trigger in exits}
        places[enrolment.at] = enrolment.visits.get(enrolment.at, 0)
    elif enrolment.waiting and (enrolment.at, enrolment.visits[enrolment.at]) == (step, visit):
        return ()
    for name, times in places.items():
        for trigger in triggers_of_wait(journey.step(name)) if journey.has(name) else ():
            left[trigger] = Listen(trigger, trigger in exits, name, times)
    return tuple(left.values())
