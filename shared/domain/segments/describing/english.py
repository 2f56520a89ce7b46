"""Leaves in English."""

from typing import Final, assert_never

from shared.domain.segments.condition import (
    ActivityCondition,
    AmountCondition,
    ConsentCondition,
    DateCondition,
    EventCondition,
    Fact,
    FavouriteCondition,
    JourneyCondition,
    LifecycleCondition,
    ListCondition,
    MessageCondition,
    RatioCondition,
    ReachableCondition,
    Reference,
    SegmentCondition,
    SequenceCondition,
    TagCondition,
    TraitCondition,
    TrendCondition,
    ValueCondition,
)
from shared.domain.segments.describing.words import duration, tested
from shared.domain.segments.nodes.events import (
    AnchoredWindow,
    BetweenWindow,
    EventPattern,
    RollingWindow,
    Window,
)
from shared.domain.segments.nodes.person import TraitDate

_AGGREGATES: Final = {
    "sum": "the sum of",
    "average": "the average of",
    "minimum": "the minimum of",
    "maximum": "the maximum of",
    "distinct": "the number of different values of",
}
_COMPARISONS: Final = {
    "at_least": "at least",
    "at_most": "at most",
    "more_than": "more than",
    "less_than": "less than",
    "exactly": "exactly",
}
_DIRECTIONS: Final = {"falling": "fell", "rising": "rose"}
_OUTCOMES: Final = {
    "sent": "was sent a message",
    "opened": "opened a message",
    "clicked": "clicked in a message",
}
_LEFT: Final = {"entered": "entered", "completed": "completed", "exited": "left"}


def leaf(node: Fact | Reference) -> str:  # noqa: C901 - one line for each kind
    """Say what a leaf asks for."""
    match node:
        case TraitCondition():
            return tested(node.trait, node, "en")
        case EventCondition():
            return _event(node)
        case AmountCondition():
            figure = f"{_AGGREGATES[node.aggregate]} {node.property} over {pattern_words(node)}"
            when = _spaced(when_words(node.within_days, node.window))
            return f"{figure}{when} is {_COMPARISONS[node.comparison]} {node.value}"
        case ValueCondition():
            when = _spaced(when_words(node.within_days, node.window))
            subject = f"the {node.which} {node.test.property} of {pattern_words(node)}{when}"
            return tested(subject, node.test, "en")
        case FavouriteCondition():
            when = _spaced(when_words(node.within_days))
            subject = f"the most frequent {node.test.property} of {pattern_words(node)}{when}"
            return tested(subject, node.test, "en")
        case RatioCondition():
            return _ratio(node)
        case TrendCondition():
            return _trend(node)
        case SequenceCondition():
            return _sequence(node)
        case ActivityCondition():
            return _activity(node)
        case DateCondition():
            return f"{_date(node)} {_ahead(node.from_days, node.to_days)}"
        case _:
            return _reference(node)


def _reference(node: Reference) -> str:
    match node:
        case TagCondition():
            return tested(f"tag {node.tag_id}", node, "en")
        case LifecycleCondition():
            several = "one of " if len(node.stages) > 1 else ""
            return f"lifecycle stage is {several}{', '.join(node.stages)}"
        case SegmentCondition():
            return f"is in segment {node.segment_id}"
        case ListCondition():
            return f"is on list {node.list_id}"
        case MessageCondition():
            return _message(node)
        case JourneyCondition():
            when = _spaced(when_words(node.within_days))
            return f"{_LEFT[node.outcome]} journey {node.journey_id}{when}"
        case ConsentCondition():
            return f"agreed to {node.purpose}{_about(node.topic)}{_by(node.channel)}"
        case ReachableCondition():
            return f"can be reached{_by(node.channel)} for {node.purpose}{_about(node.topic)}"
        case _:
            assert_never(node)


def _event(node: EventCondition) -> str:
    did, when = pattern_words(node), when_words(node.within_days, node.window) or "ever"
    if node.times == 0 and node.comparison != "at_least":
        return f"did not do {did} {when}"
    if node.comparison == "at_least" and node.times == 1:
        return f"did {did} {when}"
    return f"did {did} {_COMPARISONS[node.comparison]} {_times(node.times)} {when}"


def _ratio(node: RatioCondition) -> str:
    whole = pattern_words(node.whole)
    figure = f"the ratio of {pattern_words(node.part)} to {whole}" if node.part else ""
    figure = figure or f"the share of repetitions of {whole}"
    when = _spaced(when_words(node.within_days))
    return f"{figure}{when} is {_COMPARISONS[node.comparison]} {node.value}"


def _trend(node: TrendCondition) -> str:
    figure = f"the sum of {node.property} over" if node.property else "the number of"
    periods = "in the last whole" if node.periods == 1 else f"{node.periods}"
    units = f"{node.unit}s in a row" if node.periods > 1 else node.unit
    return f"{figure} {pattern_words(node)} {_DIRECTIONS[node.direction]} {periods} {units}"


def _sequence(node: SequenceCondition) -> str:
    steps = ", then ".join(pattern_words(step) for step in node.steps)
    without = f", without {pattern_words(node.without)} in between" if node.without else ""
    when = when_words(node.within_days)
    return f"did {steps}, within {_duration(node.within_seconds)}{without}, {when}"


def _activity(node: ActivityCondition) -> str:
    days = f"{_COMPARISONS[node.comparison]} {_count(node.value, 'day')}"
    match node.about:
        case "silence_days":
            return f"did nothing for {days}"
        case "age_days":
            return f"was first seen {days} ago"
        case "events":
            words = "at least" if node.comparison == "at_least" else "fewer than"
            return f"did anything {words} {_times(node.value)}"
        case _:
            assert_never(node.about)


def _date(node: DateCondition) -> str:
    source = node.source
    if isinstance(source, TraitDate):
        date = f"the date in {source.trait}"
    else:
        date = f"the day of the {source.which} {pattern_words(source)}"
    if node.repeats == "never":
        return date
    kind = "lunar anniversary" if node.calendar == "lunar" else "anniversary"
    return f"the {kind} of {date}"


def _ahead(first: int, last: int) -> str:
    if first == last:
        if not first:
            return "is today"
        return f"is in {_count(first, 'day')}" if first > 0 else f"was {_count(-first, 'day')} ago"
    if first >= 0:
        return f"is in {first} to {last} days"
    if last <= 0:
        return f"was {-last} to {-first} days ago"
    return f"is between {_count(-first, 'day')} ago and {_count(last, 'day')} ahead"


def _message(node: MessageCondition) -> str:
    of = [
        *([f"journey {node.journey_id}"] if node.journey_id else []),
        *([f"template {node.template_id}"] if node.template_id else []),
        *([f"channel {node.channel}"] if node.channel else []),
    ]
    said = f"{_OUTCOMES[node.outcome]} ({', '.join(of)})" if of else _OUTCOMES[node.outcome]
    if node.times > 1:
        said += f" at least {_times(node.times)}"
    return said + _spaced(when_words(node.within_days))


def _about(topic: str) -> str:
    return f" about {topic}" if topic else ""


def _by(channel: str | None) -> str:
    return f" by {channel}" if channel else ""


def pattern_words(pattern: EventPattern) -> str:
    """Events of a name, with what is asked of their properties."""
    if not pattern.where:
        return pattern.event
    tests = ", ".join(tested(test.property, test, "en") for test in pattern.where)
    return f"{pattern.event} ({tests})"


def when_words(days: int | None, window: Window | None = None) -> str:
    """The window in words; nothing where every time counts."""
    match window:
        case None:
            if days is None:
                return ""
            return "today" if days == 1 else f"in the last {days} days"
        case RollingWindow():
            return f"in the last {_duration(window.seconds)}"
        case BetweenWindow():
            if window.first_day == window.last_day:
                return f"on {window.first_day}"
            return f"from {window.first_day} to {window.last_day}"
        case AnchoredWindow():
            within = f"within {_duration(window.seconds)} {window.type}"
            return f"{within} the {window.which} {pattern_words(window.anchor)}"
        case _:
            assert_never(window)


def _spaced(words: str) -> str:
    return f" {words}" if words else ""


def _duration(seconds: int) -> str:
    return _count(*duration(seconds))


def _times(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _count(number: int, unit: str) -> str:
    return f"1 {unit}" if number == 1 else f"{number} {unit}s"
