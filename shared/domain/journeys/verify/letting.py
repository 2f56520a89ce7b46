"""Messages that quiet hours or the contact budget let out too late, or never."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from shared.domain.journeys.asking import expiry_of, quiet_hours_of
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.diff import duration_text
from shared.domain.journeys.kinds import FeedbackStep, SendStep, WaitStep
from shared.domain.journeys.until import UntilTime, UntilTrait, UntilWeekday
from shared.domain.journeys.verify.arrivals import acts, holds_up
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.messages.budget import Limit
from shared.domain.messages.defaults import IGNORE, OBEY
from shared.domain.messages.ledger import Use
from shared.domain.messages.model import AnyTemplate
from shared.domain.messages.quiet import Span, spans_of
from shared.domain.messages.windows import form_of

SendingStep = SendStep | FeedbackStep
_DAY: Final = 24 * 60
_MINUTE: Final = timedelta(minutes=1)


def letting(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """Every warning about what keeps messages until they expire."""
    spans = _spans(journey, around)
    sending = [
        (place, step)
        for place, step in enumerate(journey.steps)
        if isinstance(step, SendStep | FeedbackStep)
    ]
    if sending and spans and _longest(spans) >= _DAY:
        yield warned("quiet_all_day", "quiet_hours")
        return
    for place, step in sending:
        yield from _quiet(journey, step, f"steps[{place}]", spans)
    yield from _capped(journey, around)


def _spans(journey: Journey, around: Surroundings) -> tuple[Span, ...]:
    """The quiet hours in which this journey's messages wait."""
    said = quiet_hours_of(journey)
    if said == IGNORE or journey.purpose == "transactional":
        return ()
    if said != OBEY:
        return spans_of(said.split(","))
    obeys = journey.purpose == "marketing"
    return spans_of(around.definitions.settings.quiet_hours if obeys else ())


def _quiet(
    journey: Journey, step: SendingStep, path: str, spans: tuple[Span, ...]
) -> Iterator[Finding]:
    expiry = expiry_of(journey, step)
    values = {"step": step.name, "expires": duration_text(expiry)}
    for minute in _minutes_before(journey, step):
        stretch = _from(spans, minute)
        if stretch * _MINUTE >= expiry:
            time = f"{minute // 60:02d}:{minute % 60:02d}"
            yield warned("expires_while_quiet", path, time=time, **values)
            return
    longest = _longest(spans) * _MINUTE
    if longest >= expiry:
        quiet = duration_text(longest)
        yield warned("may_expire_while_quiet", path, quiet=quiet, **values)


def _minutes_before(journey: Journey, step: SendingStep) -> Iterator[int]:
    """The minute of the day at which a wait lets people go on to a step, of each such wait."""
    for before in journey.steps:
        if not isinstance(before, WaitStep):
            continue
        if not isinstance(before.until, UntilTime | UntilWeekday | UntilTrait):
            continue
        if journey.target(before.name, before.next) == step.name:
            hour, minute = before.until.time.split(":")
            yield int(hour) * 60 + int(minute)


def _from(spans: tuple[Span, ...], minute: int) -> int:
    """For how many minutes it is quiet from a minute of the day on."""
    for ahead in range(_DAY):
        if not any(span.holds((minute + ahead) % _DAY) for span in spans):
            return ahead
    return _DAY


def _longest(spans: tuple[Span, ...]) -> int:
    """The longest time for which it is quiet without a break, in minutes."""
    return max((_from(spans, span.start) for span in spans), default=0)


def _capped(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """A message that comes so soon after the journey's own earlier ones that it expires first.

    It is looked for as long as there is but one way on, and it is certain how long it takes.
    """
    limits = [cap.limit for cap in around.definitions.settings.contact_budget]
    passed, sent = timedelta(), list[tuple[timedelta, Use]]()
    for place, step in enumerate(journey.steps):
        if isinstance(step, SendStep):
            template = around.templates.get(step.template_id)
            if template is None:
                return
            use = _use(journey, template, around)
            expiry = expiry_of(journey, step)
            for limit in limits:
                if _is_full(limit, journey.priority, use, sent, passed + expiry):
                    yield warned(
                        "cap_outlasts_message",
                        f"steps[{place}]",
                        step=step.name,
                        most=limit.most_for(journey.priority),
                        within=duration_text(limit.within or timedelta()),
                        expires=duration_text(expiry),
                    )
                    return
            sent.append((passed, use))
        elif isinstance(step, WaitStep) and step.duration is not None:
            passed += step.duration
        elif holds_up(step) or not acts(step):
            return
        onward = journey.target(step.name, getattr(step, "next", None))
        if onward != journey.target(step.name, None):
            return


def _use(journey: Journey, template: AnyTemplate, around: Surroundings) -> Use:
    topic = journey.topic or template.topic
    return Use(around.now, template.channel, journey.purpose, topic, form_of(template))


def _is_full(
    limit: Limit, priority: int, use: Use, sent: list[tuple[timedelta, Use]], until: timedelta
) -> bool:
    """Whether what was sent before fills a cap until a message has expired."""
    if limit.within is None or not limit.covers(use):
        return False
    held = [at for at, one in sent if limit.covers(one) and at + limit.within >= until]
    return len(held) >= limit.most_for(priority)
