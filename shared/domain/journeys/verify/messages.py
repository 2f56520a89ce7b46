"""Messages that cannot go out, or not to everybody, and those that go out twice."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from shared.domain.channels.catalog import CARRIED_ANYWAY
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import FeedbackStep, SendStep, Step
from shared.domain.journeys.naming import named_by
from shared.domain.journeys.verify.arrivals import Barred, Facts, Known, edges, holds_up
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.messages.addresses import trait_of
from shared.domain.messages.model import AnyTemplate, EmailTemplate
from shared.domain.messages.reasons import Text
from shared.domain.segments.condition import Node, NotCondition, TraitCondition

SendingStep = SendStep | FeedbackStep
_SENDING: Final = (SendStep, FeedbackStep)
# What this room says of templates in its own words, with what it knows of the people who come.
_SAID_OTHERWISE: Final = frozenset({"template_broken", "variable_without_default"})


def messages(
    journey: Journey, around: Surroundings, known: Mapping[str, Known], barred: Barred
) -> Iterator[Finding]:
    """Every warning about the messages of a journey, a message that nobody reaches left out."""
    told: set[str] = set()
    for place, step in enumerate(journey.steps):
        if not isinstance(step, SendStep | FeedbackStep) or step.name not in known:
            continue
        yield from _again(journey, step, f"steps[{place}].template_id", barred)
        for path, template in _templates(place, step, around):
            yield from _address(step, template, path, known[step.name], around)
            yield from _provider(template, path, around)
            yield from _values(step, template, path)
            if template.template_id not in told:
                yield from _content(journey, template, path, known[step.name], around)
                told.add(template.template_id)
    yield from _holdout(journey)
    yield from _sender(journey, around)


def _templates(place: int, step: Step, around: Surroundings) -> Iterator[tuple[str, AnyTemplate]]:
    """The templates at hand by which a step may send, with their paths; also those to fall back on.

    Which of them goes out is known only when it is sent.
    """
    for path, named in named_by(step):
        if named.kind == "template" and (found := around.templates.get(named.definition_id)):
            yield f"steps[{place}].{path}", found


def _again(journey: Journey, step: SendingStep, path: str, barred: Barred) -> Iterator[Finding]:
    """The same template, asked for before without any time in between."""
    coming: dict[str, list[str]] = {}
    for edge in edges(journey, barred):
        if not holds_up(edge.step):
            coming.setdefault(edge.target, []).append(edge.step.name)
    seen, waiting = set[str](), list(coming.get(step.name, ()))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        before = journey.step(name)
        if isinstance(before, SendStep) and before.template_id == step.template_id:
            values = {"template": step.template_id, "before": name}
            yield warned("same_template_again", path, **values)
            return
        waiting.extend(coming.get(name, ()))


def _address(
    step: SendingStep,
    template: AnyTemplate,
    path: str,
    known: Known,
    around: Surroundings,
) -> Iterator[Finding]:
    trait = trait_of(template.channel)
    if trait and _certain(known.now, _exists(trait, there=False), around):
        values = {"step": step.name, "trait": trait, "channel": template.channel}
        yield warned("no_address", path, **values)


def _values(step: SendingStep, template: AnyTemplate, path: str) -> Iterator[Finding]:
    """What a template shows without a default, and the step does not hand it."""
    from shared.domain.messages.needs import needs_of, variable_of
    from shared.domain.messages.render import ITEMS

    for name in needs_of(template).values:
        if name in step.values:
            continue
        values = {"template": template.template_id, "variable": variable_of(name)}
        if name == ITEMS:  # which a trait can be, too
            yield warned("trait_without_default", path, **values)
        else:
            values = {**values, "step": step.name, "value": name}
            yield replace(warned("value_not_handed", path, **values), severity="error")


def _looks(
    journey: Journey, template: AnyTemplate, path: str, around: Surroundings
) -> Iterator[Finding]:
    """What an operator should hear of the template itself."""
    from shared.domain.messages.lint import lint

    for one in lint(template, journey.purpose, around.definitions.settings.public_url):
        if one.code not in _SAID_OTHERWISE:
            en, zh = one.message
            named = Text(
                f'the template "{template.template_id}": {en}',
                f"模板“{template.template_id}”：{zh}",
            )
            yield replace(one, path=path, message=named)


def _provider(template: AnyTemplate, path: str, around: Surroundings) -> Iterator[Finding]:
    known = around.providers
    if known is not None and template.channel not in CARRIED_ANYWAY | known:
        values = {"channel": template.channel, "template": template.template_id}
        yield warned("no_provider", path, **values)


def _content(
    journey: Journey, template: AnyTemplate, path: str, known: Known, around: Surroundings
) -> Iterator[Finding]:
    """What a template needs of a person that nobody makes sure of, and how it looks."""
    # The template engine takes long to import, and nothing else here needs it.
    from shared.domain.messages.needs import needs_of

    yield from _looks(journey, template, path, around)

    needs = needs_of(template)
    if needs.broken:
        values = {"template": template.template_id, "problem": needs.broken}
        yield warned("template_broken", path, **values)
    for trait in needs.traits:
        sure = trait == trait_of(template.channel)
        if not sure and not _certain(known.once, _exists(trait, there=True), around):
            values = {"template": template.template_id, "variable": f"profile.{trait}"}
            yield warned("trait_without_default", path, **values)


def _exists(trait: str, *, there: bool) -> Node:
    return TraitCondition(trait=trait, operator="exists" if there else "not_exists")


def _certain(facts: Facts, condition: Node, around: Surroundings) -> bool:
    """Whether what is known says for certain that a condition holds."""
    doubt = NotCondition(condition=condition)
    return bool(facts) and around.prover.impossible((*facts.values(), doubt))


def _holdout(journey: Journey) -> Iterator[Finding]:
    if journey.holdout >= 1:
        yield warned("holdout_of_all", "holdout")
    elif journey.holdout and journey.purpose != "marketing":
        values = {"share": journey.holdout, "purpose": journey.purpose}
        yield warned("holdout_of_needed_messages", "holdout", **values)


def _sender(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    if around.partial or around.definitions.settings.email_from:
        return
    for place, step in enumerate(journey.steps):
        for path, template in _templates(place, step, around):
            if isinstance(template, EmailTemplate):
                yield warned("no_sender", path)
                return


def sends_something(journey: Journey) -> bool:
    """Say whether a journey sends messages at all."""
    return any(isinstance(step, _SENDING) for step in journey.steps)


def topic(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """A topic that takes the place of those of the templates, and that nothing else is about."""
    mine = {
        template.topic
        for place, step in enumerate(journey.steps)
        for _, template in _templates(place, step, around)
        if template.topic
    }
    known = {one.topic for one in around.journeys.values()}
    known |= {template.topic for template in around.templates.values()}
    if journey.topic and mine and journey.topic not in known:
        words = ", ".join(sorted(mine))
        yield warned("topic_unknown", "topic", topic=journey.topic, known=words)
