"""`assign`: gives one of the owner's people a task, and stays until it is done or overdue."""

from shared.domain.events.own import TASK_DONE
from shared.domain.journeys.kinds import AssignStep
from shared.domain.journeys.steps.asked import task_id
from shared.domain.journeys.steps.outcome import Go, Hold, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Happened, Perform, TimeUp


def answer(step: AssignStep, moment: Moment) -> Outcome | None:
    """Begin to wait; go one way when the very task is done, the other when it is overdue."""
    enrolment = moment.enrolment
    waiting = enrolment.waiting
    match moment.stimulus:
        case Perform():
            since, due = moment.waits_for(step.due)
            return Hold(since, due, (TASK_DONE,), (fact("task", step.title, to=step.to),))
        case TimeUp() if waiting:
            because = (fact("event", TASK_DONE, holds=False),)
            return Go("timed_out", step.on_overdue, because, clock_at=waiting.due)
        case Happened() as happened if waiting and waiting.counts(happened.occurred_at):
            mine = task_id(enrolment.enrolment_id, step.name, moment.visit)
            if happened.trigger != TASK_DONE or happened.properties.get("task_id") != mine:
                return None
            return moment.heard(happened, step.on_done)
        case TimeUp() | Happened():
            return None
