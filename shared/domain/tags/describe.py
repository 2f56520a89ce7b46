"""A tag in words, in English and Chinese, as operators read it back."""

from typing import Final, assert_never

from shared.domain.segments.condition import TraitCondition
from shared.domain.segments.describe import Language, describe
from shared.domain.segments.nodes.events import (
    AnchoredWindow,
    BetweenWindow,
    EventPattern,
    RollingWindow,
    Window,
)
from shared.domain.tags.kinds import (
    FavouriteTag,
    FirstLastTag,
    ManualTag,
    RatioTag,
    RfmTag,
    RuleTag,
    StatisticTag,
)
from shared.domain.tags.model import Tag

_AGGREGATES: Final[dict[str, tuple[str, str]]] = {
    "count": ("the number of", "次数"),
    "sum": ("the sum of {} of", "{}之和"),
    "average": ("the average {} of", "{}平均值"),
    "minimum": ("the lowest {} of", "{}最小值"),
    "maximum": ("the highest {} of", "{}最大值"),
    "distinct": ("the number of different {} of", "不同{}的个数"),
}
_WHICH: Final[dict[str, tuple[str, str]]] = {
    "first": ("the first {} of", "首次{}"),
    "last": ("the last {} of", "最近一次{}"),
}


def describe_tag(tag: Tag, language: Language = "en") -> str:
    """Say where the value of a tag comes from, in one sentence part."""
    kind = tag.kind
    match kind:
        case RuleTag():
            return _rules(kind, language)
        case StatisticTag():
            words = _said(_AGGREGATES[kind.aggregate], kind.property, language)
            return _of(words, kind, _window(kind.within_days, kind.window, language), language)
        case FavouriteTag():
            words = _said(("the most frequent {} of", "最常见的{}"), kind.property, language)
            return _of(words, kind, _window(kind.within_days, None, language), language)
        case FirstLastTag():
            words = _said(_WHICH[kind.which], kind.property, language)
            return _of(words, kind, _window(kind.within_days, kind.window, language), language)
        case RatioTag():
            return _ratio(kind, language)
        case RfmTag():
            return _rfm(kind, language)
        case ManualTag():
            return _manual(kind, language)
        case _:
            assert_never(kind)


def _said(words: tuple[str, str], name: str | None, language: Language) -> str:
    return words[language == "zh"].format(name or "")


def _of(words: str, pattern: EventPattern, when: str, language: Language) -> str:
    events = _events(pattern, language)
    return f"{words} {events} {when}" if language == "en" else f"{when} {events} 的{words}"


def _events(pattern: EventPattern, language: Language) -> str:
    tests = [
        describe(
            TraitCondition(trait=one.property, operator=one.operator, value=one.value), language
        )
        for one in pattern.where
    ]
    if not tests:
        return pattern.event
    if language == "en":
        return f"{pattern.event} (where {' and '.join(tests)})"
    return f"{pattern.event}（{'，且'.join(tests)}）"


def _window(days: int | None, window: Window | None, language: Language) -> str:
    english = language == "en"
    match window:
        case None if days is None:
            return "ever" if english else "有史以来"
        case None if days == 1:
            return "today" if english else "今天"
        case None:
            return f"in the last {days} days" if english else f"近 {days} 天内"
        case RollingWindow():
            seconds = f"{window.seconds:,}"
            return f"in the last {seconds} seconds" if english else f"近 {seconds} 秒内"
        case BetweenWindow():
            first, last = window.first_day, window.last_day
            return f"from {first} to {last}" if english else f"{first} 至 {last}"
        case AnchoredWindow():
            return _anchored(window, language)


def _anchored(window: AnchoredWindow, language: Language) -> str:
    anchor, seconds = _events(window.anchor, language), f"{window.seconds:,}"
    if language == "en":
        return f"within {seconds} seconds {window.type} the {window.which} {anchor}"
    which = "首次" if window.which == "first" else "最近一次"
    side = "后" if window.type == "after" else "前"
    return f"{which} {anchor} {side} {seconds} 秒内"


def _rules(kind: RuleTag, language: Language) -> str:
    english = language == "en"
    parts = [
        f"{one.title if english else one.title_zh or one.title}"
        f"{': ' if english else '：'}{describe(one.condition, language)}"
        for one in kind.values
    ]
    if kind.otherwise is not None:
        parts.append(f"otherwise {kind.otherwise}" if english else f"否则 {kind.otherwise}")
    return "; ".join(parts) if english else "；".join(parts)


def _ratio(kind: RatioTag, language: Language) -> str:
    whole, when = _events(kind.whole, language), _window(kind.within_days, None, language)
    if kind.part is None:
        if language == "en":
            return f"the share of {whole} that are repetitions {when}"
        return f"{when} {whole} 中重复发生的占比"
    part = _events(kind.part, language)
    if language == "en":
        return f"the number of {part} for each {whole} {when}"
    return f"{when} {part} 次数与 {whole} 次数之比"


def _rfm(kind: RfmTag, language: Language) -> str:
    events, when = _events(kind, language), _window(kind.within_days, None, language)
    numbers = kind.numbers
    if language == "en":
        high = (
            f"lately is within {numbers.recency_days} days, often from {numbers.frequency} times, "
            f"much from {numbers.monetary}"
            if numbers
            else "the thresholds are not computed yet"
        )
        return (
            f"the class of eight by how lately, how often and for how much {kind.amount} "
            f"{events} {when}; {high}"
        )
    high = (
        f"近 {numbers.recency_days} 天内为近，{numbers.frequency} 次起为频，"
        f"{numbers.monetary} 起为高"
        if numbers
        else "阈值尚未计算"
    )
    return f"按 {events} 的最近时间、{when}的次数与 {kind.amount} 之和分为八类；{high}"


def _manual(kind: ManualTag, language: Language) -> str:
    if language == "en":
        values = ", ".join(one.title for one in kind.values)
        return f"set by hand: {values or 'any text'}"
    values = "、".join(one.title_zh or one.title for one in kind.values)
    return f"手工设置：{values or '任意文本'}"
