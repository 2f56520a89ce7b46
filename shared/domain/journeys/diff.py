"""What is different between two versions of a journey, by its meaning and not by its lines.

Steps go by their names, and ways by where they lead: a step that merely moves in the list differs
in nothing, unless a way that went on to the one below leads elsewhere now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import (
    BranchArm,
    BranchStep,
    ExperimentStep,
    FeedbackAnswer,
    FeedbackStep,
    Step,
    Variant,
)
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


class _Said(NamedTuple):
    """A field in words, and all that it holds: words can be the same for what is not."""

    words: str
    whole: str


_NOTHING: Final = _Said("", "")


def _changed(
    step: str, of_type: str, before: Mapping[str, _Said], after: Mapping[str, _Said]
) -> Iterator[Difference]:
    for field in dict.fromkeys((*before, *after)):
        old, new = before.get(field, _NOTHING), after.get(field, _NOTHING)
        if old.whole != new.whole:
            told = (old.words, new.words) if old.words != new.words else (old.whole, new.whole)
            yield Difference("changed", step, of_type, field, *told)


def _own(journey: Journey) -> dict[str, _Said]:
    """The fields of the journey itself as texts, and where it begins."""
    fields = {
        name: _said(getattr(journey, name))
        for name in type(journey).model_fields
        if name not in _NOT_COMPARED
    }
    return {**fields, "first": _said(journey.first)}


def _of(journey: Journey, step: Step, language: Language) -> dict[str, _Said]:
    """The fields of a step as texts, and where its ways lead."""
    ways = {way.field: journey.target(step.name, way.target) for way in ways_out(step)}
    fields = {
        name: _said(getattr(step, name))
        for name in type(step).model_fields
        if name not in ways and name not in ("name", "type")
    }
    forks = _forks(journey, step, language)
    single = {field: _said(to) for field, to in ways.items() if "[" not in field}
    return {**fields, **single, **forks}


def _forks(journey: Journey, step: Step, language: Language) -> dict[str, _Said]:
    """The ways of which a step has several of a kind, each with what it is taken for."""
    match step:
        case BranchStep():
            arms = [(describe(arm.when, language), arm) for arm in step.arms]
            return {"arms": _led(journey, step, arms)}
        case ExperimentStep():
            drawn = [(_variant(one), one) for one in step.variants]
            return {"variants": _led(journey, step, drawn)}
        case FeedbackStep():
            given = [(one.answer, one) for one in step.answers]
            return {"answers": _led(journey, step, given)}
        case _:
            return {}


def _variant(one: Variant) -> str:
    return f"{one.name} ({one.weight}{', control' if one.control else ''})"


Fork = BranchArm | Variant | FeedbackAnswer


def _led(journey: Journey, step: Step, ways: Sequence[tuple[str, Fork]]) -> _Said:
    targets = [journey.target(step.name, one.next) for _, one in ways]
    words = (f"{what} → {to}" for (what, _), to in zip(ways, targets, strict=True))
    whole = (
        {**one.model_dump(mode="json", exclude_none=True), "next": to}
        for (_, one), to in zip(ways, targets, strict=True)
    )
    return _Said("; ".join(words), to_text(list(whole)))


def _said(value: object) -> _Said:
    if value is None:
        return _NOTHING
    return _Said(_text(value), to_text(to_jsonable_python(value, exclude_none=True)))


def _text(value: object) -> str:
    match value:
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
