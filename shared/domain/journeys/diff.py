"""What is different between two versions of a journey, by its meaning and not by its lines.

Steps go by their names, and ways by where they lead: a step that merely moves in the list differs
in nothing, unless a way that went on to the one below leads elsewhere now.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep, ExperimentStep, FeedbackStep, Step
from shared.domain.journeys.ways import ways_out
from shared.domain.segments.describe import Language, describe
from shared.domain.text import to_text

_NOT_COMPARED: Final = frozenset({"journey_id", "steps"})


@dataclass(frozen=True, slots=True)
class Difference:
    """Something of a journey (`step` is empty) or of a step; an added or removed step is whole.

    `before` and `after` are texts for people; one of them is empty where there was or is nothing.
    """

    kind: Literal["added", "removed", "changed"]
    step: str
    type: str
    field: str = ""
    before: str = ""
    after: str = ""


def diff(before: Journey, after: Journey, language: Language = "en") -> tuple[Difference, ...]:
    """Every difference: of the journey itself, then of its steps in the order of `after`."""
    steps = {step.name: step for step in before.steps}
    return (
        *_changed("", "", _own(before), _own(after)),
        *(
            Difference("removed", step.name, step.type)
            for step in before.steps
            if step.name not in {each.name for each in after.steps}
        ),
        *(
            found
            for step in after.steps
            for found in _of_step(before, after, steps.get(step.name), step, language)
        ),
    )


def _of_step(
    before: Journey, after: Journey, old: Step | None, new: Step, language: Language
) -> Iterator[Difference]:
    if old is None:
        yield Difference("added", new.name, new.type)
    elif old.type != new.type:
        yield Difference("changed", new.name, new.type, "type", old.type, new.type)
    else:
        told = _of(before, old, language), _of(after, new, language)
        yield from _changed(new.name, new.type, *told)


def _changed(
    step: str, of_type: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Difference]:
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field, ""), after.get(field, "")
        if old != new:
            yield Difference("changed", step, of_type, field, old, new)


def _own(journey: Journey) -> dict[str, str]:
    """The fields of the journey itself as texts, and where it begins."""
    fields = {
        name: _text(getattr(journey, name))
        for name in type(journey).model_fields
        if name not in _NOT_COMPARED
    }
    return {**fields, "first": journey.first}


def _of(journey: Journey, step: Step, language: Language) -> dict[str, str]:
    """The fields of a step as texts, and where its ways lead."""
    ways = {way.field: journey.target(step.name, way.target) for way in ways_out(step)}
    fields = {
        name: _text(getattr(step, name))
        for name in type(step).model_fields
        if name not in ways and name not in ("name", "type")
    }
    forks = _forks(journey, step, language)
    return {**fields, **{field: to for field, to in ways.items() if "[" not in field}, **forks}


def _forks(journey: Journey, step: Step, language: Language) -> dict[str, str]:
    """The ways of which a step has several of a kind, each with what it is taken for."""
    match step:
        case BranchStep():
            arms = [(describe(arm.when, language), arm.next) for arm in step.arms]
            return {"arms": _led(journey, step, arms)}
        case ExperimentStep():
            drawn = [(f"{one.name} ({one.weight})", one.next) for one in step.variants]
            return {"variants": _led(journey, step, drawn)}
        case FeedbackStep():
            given = [(one.answer, one.next) for one in step.answers]
            return {"answers": _led(journey, step, given)}
        case _:
            return {}


def _led(journey: Journey, step: Step, ways: Iterable[tuple[str, str | None]]) -> str:
    return "; ".join(f"{what} → {journey.target(step.name, named)}" for what, named in ways)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case timedelta():
            return duration_text(value)
        case tuple():
            return "; ".join(_text(part) for part in value)
        case BaseModel():
            return to_text(value.model_dump(mode="json", exclude_none=True))
        case str():
            return value
        case _:
            return to_text(to_jsonable_python(value, exclude_none=True))


def duration_text(duration: timedelta) -> str:
    """A duration in whole units: `3 d`, `1 d 12 h`, `30 min`."""
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((duration.days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 s"
