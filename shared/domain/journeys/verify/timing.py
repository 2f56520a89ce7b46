"""Waits that nothing follows, that outlast a goal or a pause, and rules that get in the way."""

from collections.abc import Iterator
from datetime import UTC, timedelta

from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.diff import duration_text
from shared.domain.journeys.kinds import ExitStep, Step, WaitForStep, WaitStep
from shared.domain.journeys.local_time import instant_of
from shared.domain.journeys.rules import Entry, EventEntry, EventMatch, Rule, ScheduleEntry
from shared.domain.journeys.triggers import about, trigger_of
from shared.domain.journeys.until import UntilAt
from shared.domain.journeys.verify.arrivals import acts, earliest, holds_up, reached
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.journeys.ways import stay_of


def timing(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """Every warning about waits, the goal, the pause and exit rules."""
    if not any(acts(step) for step in journey.steps):
        yield warned("does_nothing", "steps")
    first = earliest(journey)
    for place, step in enumerate(journey.steps):
        path = f"steps[{place}]"
        if isinstance(step, WaitStep | WaitForStep):
            yield from _idle_wait(journey, step, path)
        if acts(step) and step.name in first:
            yield from _after_goal(journey, step, path, first[step.name])
        if holds_up(step):
            yield from _outlasts_pause(journey, step, path)
        if isinstance(step, WaitStep) and isinstance(step.until, UntilAt):
            yield from _past(step, step.until, path, around)
    yield from _exits(journey)
    if isinstance(journey.entry, ScheduleEntry) and journey.reentry.policy == "never":
        yield warned("schedule_once", "reentry")


def _idle_wait(journey: Journey, step: WaitStep | WaitForStep, path: str) -> Iterator[Finding]:
    """A wait that nothing follows; it may give a goal its time, or an exit with a reason."""
    onward = (journey.step(name) for name in reached(journey, step.name) - {step.name})
    if any(acts(each) or isinstance(each, ExitStep) for each in onward):
        return
    stay = stay_of(step)
    values = {"step": step.name, "stay": duration_text(stay)}
    if journey.goal is None:
        yield warned("wait_before_end", path, **values)
    elif stay > journey.goal.within:
        within = duration_text(journey.goal.within)
        yield warned("wait_outlasts_goal", path, within=within, **values)


def _after_goal(journey: Journey, step: Step, path: str, after: timedelta) -> Iterator[Finding]:
    if journey.goal is not None and after > journey.goal.within:
        yield warned(
            "acts_after_goal",
            path,
            step=step.name,
            after=duration_text(after),
            within=duration_text(journey.goal.within),
        )


def _outlasts_pause(journey: Journey, step: Step, path: str) -> Iterator[Finding]:
    pause = journey.reentry.after
    if pause is not None and stay_of(step) > pause:
        yield warned(
            "wait_outlasts_pause",
            path,
            step=step.name,
            stay=duration_text(stay_of(step)),
            pause=duration_text(pause),
        )


def _past(step: WaitStep, until: UntilAt, path: str, around: Surroundings) -> Iterator[Finding]:
    zone = around.definitions.settings.zone
    at = until.at.astimezone(UTC) if until.at.tzinfo else instant_of(until.at, zone)
    if at <= around.now:
        yield warned("date_past", f"{path}.until", step=step.name, at=format_instant(at))


def _exits(journey: Journey) -> Iterator[Finding]:
    for place, rule in enumerate(journey.exit_on):
        if _covers(rule, journey.entry):
            yield warned("exit_is_entry", f"exit_on[{place}]")
    for step_place, step in enumerate(journey.steps):
        for place, event in enumerate(step.events if isinstance(step, WaitForStep) else ()):
            hiding = (n for n, rule in enumerate(journey.exit_on) if _covers(rule, event))
            if (number := next(hiding, None)) is not None:
                path = f"steps[{step_place}].events[{place}]"
                yield warned("exit_hides_event", path, rule=number)


def _covers(rule: Rule, other: Rule | Entry) -> bool:
    """Whether a rule is met by whatever meets the other one."""
    if about(rule) != about(other) or trigger_of(rule) != trigger_of(other):
        return False
    if not isinstance(rule, EventMatch):
        return True
    asked = other.where if isinstance(other, EventMatch | EventEntry) else {}
    return all(
        name in asked and type(asked[name]) is type(value) and asked[name] == value
        for name, value in rule.where.items()
    )
