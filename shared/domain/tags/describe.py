"""A tag in words, in English and Chinese, as operators read it back."""

from typing import Final, assert_never

from shared.domain.segments.describe import Language, describe
from shared.domain.segments.describing import chinese, english
from shared.domain.segments.nodes.events import EventPattern, Window
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
    kind = tag.how
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
    if language == "en":
        return f"{words} {events}{when and ' '}{when}"
    return f"{when}{when and ' '}{events} 的{words}"


def _events(pattern: EventPattern, language: Language) -> str:
    if language == "en":
        return english.pattern_words(pattern)
    return chinese.pattern_words(pattern)


def _window(days: int | None, window: Window | None, language: Language) -> str:
    if language == "en":
        return english.when_words(days, window)
    return chinese.when_words(days, window)


def _rules(kind: RuleTag, language: Language) -> str:
    said = [
        (one.title if language == "en" else one.title_zh or one.title, one.condition)
        for one in kind.values
    ]
    colon, joint, otherwise = (
        (": ", "; ", "otherwise ") if language == "en" else ("：", "；", "否则 ")
    )
    parts = [f"{title}{colon}{describe(condition, language)}" for title, condition in said]
    if kind.otherwise is not None:
        parts.append(f"{otherwise}{kind.otherwise}")
    return joint.join(parts)


def _ratio(kind: RatioTag, language: Language) -> str:
    whole = _events(kind.whole, language)
    part = _events(kind.part, language) if kind.part else ""
    when = _window(kind.within_days, None, language)
    if language == "en":
        figure = (
            f"the ratio of {part} to {whole}" if part else f"the share of repetitions of {whole}"
        )
        return f"{figure}{when and ' '}{when}"
    figure = f"{part} 与 {whole} 的次数之比" if part else f"{whole} 的重复占比"
    return f"{when}{when and ' '}{figure}"


def _rfm(kind: RfmTag, language: Language) -> str:
    events, when = _events(kind, language), _window(kind.within_days, None, language)
    numbers = kind.numbers
    if language == "en":
        classes = (
            f"one of eight classes by how lately, how often and for how much {events} happened"
        )
        said = (
            f"lately is within {numbers.recency_days} days, often from {numbers.frequency} times "
            f"and much from {kind.amount} of {numbers.monetary} in all{when and ' '}{when}"
            if numbers
            else "the thresholds are not computed yet"
        )
        return f"{classes}; {said}"
    said = (
        f"近 {numbers.recency_days} 天内为近，{when}{numbers.frequency} 次起为频，"
        f"{kind.amount} 累计 {numbers.monetary} 起为高"
        if numbers
        else "阈值尚未计算"
    )
    return f"按 {events} 的最近时间、次数与金额分为八类；{said}"


def _manual(kind: ManualTag, language: Language) -> str:
    if language == "en":
        values = ", ".join(one.title for one in kind.values)
        return f"set by hand: {values or 'any text'}"
    values = "、".join(one.title_zh or one.title for one in kind.values)
    return f"手工设置：{values or '任意文本'}"
