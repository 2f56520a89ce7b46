"""Questions that are asked by a message of the inbox, and waited for under another name."""

from collections.abc import Iterator

from shared.domain.channels.inbox import PulledTemplate
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import FeedbackStep
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.surroundings import Surroundings


def questions(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """Every step `feedback` whose template asks nothing, something else, or offers no such answer.

    Emails ask by links, which their words choose; here the question is a part of the template.
    """
    for place, step in enumerate(journey.steps):
        if not isinstance(step, FeedbackStep):
            continue
        template = around.templates.get(step.template_id)
        if not isinstance(template, PulledTemplate):
            continue
        question, asked = step.question or step.name, template.ask
        values = {"template": step.template_id, "question": question}
        if asked is None or asked.question != question:
            yield warned("question_not_asked", f"steps[{place}].template_id", **values)
            continue
        for number, one in enumerate(step.answers):
            if not asked.to_ask().takes(one.answer):
                path = f"steps[{place}].answers[{number}].answer"
                yield warned("answer_not_offered", path, **values, answer=one.answer)
