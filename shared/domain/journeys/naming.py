"""What the steps of a journey name beside conditions: templates, tags, lists and other journeys."""

from collections.abc import Iterator

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import FeedbackStep, SendStep, StartJourneyStep, Step, UpdateStep
from shared.domain.journeys.problem import Problem
from shared.domain.segments.expand import Definitions, Named
from shared.domain.tags.kinds import ManualTag


def named_by(step: Step) -> Iterator[tuple[str, Named]]:
    """Everything that a step names, with its path in the step."""
    match step:
        case SendStep():
            yield "template_id", Named("template", step.template_id)
            for place, template_id in enumerate(step.fallback):
                yield f"fallback[{place}]", Named("template", template_id)
        case FeedbackStep():
            yield "template_id", Named("template", step.template_id)
        case UpdateStep():
            yield from ((f"tags.{tag_id}", Named("tag", tag_id)) for tag_id in step.tags)
            yield from ((f"lists.{list_id}", Named("list", list_id)) for list_id in step.lists)
        case StartJourneyStep():
            yield "journey_id", Named("journey", step.journey_id)
        case _:
            return


def unknown_names(journey: Journey, definitions: Definitions) -> Iterator[Problem]:
    """Names of what is not there, and tags that nobody can set by hand."""
    for place, step in enumerate(journey.steps):
        for path, named in named_by(step):
            known = _known(named, definitions)
            if known is not None and not known:
                yield Problem(
                    f"steps[{place}].{path}",
                    f'there is no {named.kind} "{named.definition_id}"',
                    f"没有{_CHINESE[named.kind]}“{named.definition_id}”",
                    f"unknown_{named.kind}",
                )
        for tag_id, value in step.tags.items() if isinstance(step, UpdateStep) else ():
            tag = definitions.tags.get(tag_id)
            if tag is not None and not (isinstance(tag.how, ManualTag) and tag.how.allows(value)):
                yield Problem(
                    f"steps[{place}].tags.{tag_id}",
                    f'the tag "{tag_id}" cannot be set to "{value}" by hand',
                    f"标签“{tag_id}”不能手动设为“{value}”",
                    "tag_not_by_hand",
                )


def _known(named: Named, definitions: Definitions) -> bool | None:
    """Whether there is such a definition; None where ids of the kind are taken on trust."""
    match named.kind:
        case "tag":
            return named.definition_id in definitions.tags
        case "template":
            ids = definitions.templates
        case "list":
            ids = definitions.lists
        case _:
            ids = definitions.journeys
    return None if ids is None else named.definition_id in ids


_CHINESE = {"template": "模板", "tag": "标签", "list": "列表", "journey": "旅程"}
