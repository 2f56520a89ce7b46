"""Listeners: what has to be registered so that events find an enrolment, and what no longer."""

from shared.domain.journeys.definition import Journey, WaitForStep
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.triggers import exit_triggers, triggers_of_wait


def listeners(journey: Journey, enrolment: Enrolment) -> dict[str, Listen]:
    """Every listener that the enrolment needs where it stands, by trigger; none once it is over.

    A wait and an exit rule that go by the same trigger share one.
    """
    if enrolment.status != "active":
        return {}
    wanted = {trigger: Listen(trigger, exits=True) for trigger in exit_triggers(journey)}
    for trigger in enrolment.waiting.triggers if enrolment.waiting else ():
        visit = enrolment.visits[enrolment.at]
        wanted[trigger] = Listen(trigger, trigger in wanted, enrolment.at, visit)
    return wanted


def leftovers(journey: Journey, enrolment: Enrolment, step: str, visit: int) -> tuple[Listen, ...]:
    """Listeners that nothing needs any more, though they may still be registered.

    They are those of a visit of the wait `step` that is over, and all of them when the enrolment
    is over.
    """
    exits = exit_triggers(journey)
    left: dict[str, Listen] = {}
    if enrolment.status != "active":
        left = {trigger: Listen(trigger, exits=True) for trigger in exits}
    if not _stands_in(enrolment, step, visit):
        found = journey.step(step)
        waited = triggers_of_wait(found) if isinstance(found, WaitForStep) else ()
        for trigger in waited:
            left[trigger] = Listen(trigger, trigger in exits, step, visit)
    return tuple(left.values())


def _stands_in(enrolment: Enrolment, step: str, visit: int) -> bool:
    return (
        enrolment.phase == "waiting"
        and enrolment.at == step
        and enrolment.visits.get(step) == visit
    )
