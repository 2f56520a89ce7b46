"""The verifier: one list of errors and warnings, for the API, the command line and the console."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.problem import Problem
from shared.domain.journeys.verify.arrivals import Barred
from shared.domain.journeys.verify.feeding import feeding, not_by_call
from shared.domain.journeys.verify.finding import Finding, error_of, warned
from shared.domain.journeys.verify.forks import Forks
from shared.domain.journeys.verify.letting import letting
from shared.domain.journeys.verify.messages import messages, topic
from shared.domain.journeys.verify.questions import questions
from shared.domain.journeys.verify.seen import seen
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.journeys.verify.timing import timing
from shared.domain.journeys.verify.unseen import unseen

# Where these are wrong, nothing can be said of the ways through a journey.
_BROKEN: Final = frozenset({"name_reserved", "name_taken", "unknown_step", "circle"})
# What is not there may be in a file that is not at hand.
_ELSEWHERE: Final = frozenset(
    {"unknown_segment", "unknown_template", "unknown_stage", "unknown_journey", "unknown_tag",
     "unknown_list"}
)  # fmt: skip


def verify(
    journey: Journey, problems: Iterable[Problem], around: Surroundings
) -> tuple[Finding, ...]:
    """Everything to be heard of a journey: `problems` as errors first, then all warnings."""
    errors = [error_of(problem) for problem in problems]
    if around.partial:
        errors = [one.softened() if one.code in _ELSEWHERE else one for one in errors]
    if any(one.code in _BROKEN for one in errors):
        return tuple(errors)
    return (*errors, *_warnings(journey, around))


def errors_in(findings: Collection[Finding]) -> tuple[Finding, ...]:
    """Those that block publishing."""
    return tuple(one for one in findings if one.severity == "error")


def _warnings(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    forks = Forks(journey, around)
    yield from forks.findings()
    yield from unseen(journey, around, Barred(forks.barred))
    yield from timing(journey, around)
    yield from messages(journey, around, forks.known(), Barred(forks.barred))
    yield from letting(journey, around)
    yield from topic(journey, around)
    yield from questions(journey, around)
    yield from not_by_call(journey, around)
    yield from feeding(journey, around)
    yield from seen(journey, around)
    yield from _key(journey, around)


def _key(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """Who is inside is known by the key they came in with, and not found by another one."""
    published = around.journeys.get(journey.journey_id)
    if published is not None and published.reentry.key != journey.reentry.key:
        before, after = published.reentry.key, journey.reentry.key
        values = {"before": before or "person", "after": after or "person"}
        zh = {"before_zh": before or "用户", "after_zh": after or "用户"}
        yield warned("reentry_key_changed", "reentry.key", **values, **zh)
