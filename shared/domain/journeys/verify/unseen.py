"""Steps that look for what an update before them has only just asked for.

A step that takes no time is carried out in the call of the one before it, by the facts that this
call has read; an update is written afterwards.
"""

from collections.abc import Iterator

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep, Step, UpdateStep, WaitStep
from shared.domain.journeys.until import UntilTrait
from shared.domain.journeys.verify.arrivals import Barred, edges, holds_up
from shared.domain.journeys.verify.feeding import turns, written
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.segments.condition import Node, TraitCondition


def unseen(journey: Journey, around: Surroundings, barred: Barred) -> Iterator[Finding]:
    """A warning for each place that looks at what was written with no time in between."""
    coming: dict[str, list[str]] = {}
    for edge in edges(journey, barred):
        if not holds_up(edge.step):
            coming.setdefault(edge.target, []).append(edge.step.name)
    for place, step in enumerate(journey.steps):
        looks = list(_looks(step))
        before = _updates_before(journey, step.name, coming) if looks else ()
        for path, condition in looks:
            for update in before:
                if any(turns(each, condition, around) for each in written(update)):
                    at = f"steps[{place}].{path}"
                    yield warned("update_not_seen_yet", at, before=update.name)
                    break


def _looks(step: Step) -> Iterator[tuple[str, Node]]:
    """Every condition that a step looks at, with its path; a date in a trait is one, too."""
    match step:
        case BranchStep():
            for place, arm in enumerate(step.arms):
                yield f"arms[{place}].when", arm.when
        case WaitStep(until=UntilTrait(trait=trait)):
            yield "until", TraitCondition(trait=trait, operator="exists")
        case _:
            return


def _updates_before(
    journey: Journey, name: str, coming: dict[str, list[str]]
) -> tuple[UpdateStep, ...]:
    """The updates from which somebody comes to a step in no time, the nearest first."""
    waiting = list(coming.get(name, ()))
    seen = dict.fromkeys(waiting)
    for each in waiting:  # grows meanwhile
        for more in coming.get(each, ()):
            if more not in seen:
                seen[more] = None
                waiting.append(more)
    steps = (journey.step(each) for each in waiting)
    return tuple(step for step in steps if isinstance(step, UpdateStep))
