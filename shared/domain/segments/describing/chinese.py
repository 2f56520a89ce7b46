"""Leaves in Chinese."""

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
    "sum": "总和",
    "average": "平均值",
    "minimum": "最小值",
    "maximum": "最大值",
    "distinct": "不同值的个数",
}
_AMOUNTS: Final = {
    "at_least": "不小于",
    "at_most": "不大于",
    "more_than": "大于",
    "less_than": "小于",
    "exactly": "等于",
}
_TIMES: Final = {"at_least": "至少", "at_most": "至多", "exactly": "恰好"}
_WHICH: Final = {"first": "首次", "last": "末次"}
_SIDES: Final = {"after": "后", "before": "前"}
_DIRECTIONS: Final = {"falling": "下降", "rising": "上升"}
_UNITS: Final = {"hour": "小时", "minute": "分钟", "second": "秒"}
_PERIODS: Final = {"week": "周", "month": "个月"}
_LAST_PERIOD: Final = {"week": "上周", "month": "上个月"}
_OUTCOMES: Final = {"sent": "收到", "opened": "打开", "clicked": "点击"}
_PURPOSES: Final = {
    "marketing": "营销",
    "service": "服务通知",
    "transactional": "交易通知",
    "personalisation": "个性化推荐",
}
_JOURNEYS: Final = {"entered": "进入过", "completed": "完成过", "exited": "退出过"}


def leaf(node: Fact | Reference) -> str:  # noqa: C901 - one line for each kind
    """Say what a leaf asks for."""
    match node:
        case TraitCondition():
            return tested(node.trait, node, "zh")
        case EventCondition():
            return _event(node)
        case AmountCondition():
            when = _spaced(when_words(node.within_days, node.window))
            figure = f"{when}{_of(node)} {node.property} {_AGGREGATES[node.aggregate]}"
            return f"{figure}{_AMOUNTS[node.comparison]} {node.value}"
        case ValueCondition():
            when = when_words(node.within_days, node.window)
            subject = f"{when}{_WHICH[node.which]} {_of(node)} {node.test.property}"
            return tested(subject, node.test, "zh")
        case FavouriteCondition():
            when = _spaced(when_words(node.within_days))
            subject = f"{when}{_of(node)}最常见 {node.test.property}"
            return tested(subject, node.test, "zh")
        case RatioCondition():
            return _ratio(node)
        case TrendCondition():
            return _trend(node)
        case SequenceCondition():
            return _sequence(node)
        case ActivityCondition():
            return _activity(node)
        case DateCondition():
            return f"{_date(node)}{_ahead(node.from_days, node.to_days)}"
        case _:
            return _reference(node)


def _reference(node: Reference) -> str:
    match node:
        case TagCondition():
            return tested(f"标签 {node.tag_id}", node, "zh")
        case LifecycleCondition():
            return f"生命周期阶段为 {' 或 '.join(node.stages)}"
        case SegmentCondition():
            return f"属于人群 {node.segment_id}"
        case ListCondition():
            return f"在名单 {node.list_id} 中"
        case MessageCondition():
            return _message(node)
        case JourneyCondition():
            return f"{when_words(node.within_days)}{_JOURNEYS[node.outcome]}旅程 {node.journey_id}"
        case ConsentCondition():
            return f"同意{_PURPOSES[node.purpose]}{_about(node.topic, node.channel)}"
        case ReachableCondition():
            of = _about(node.topic)
            return f"可通过渠道 {node.channel} 触达，用于{_PURPOSES[node.purpose]}{of}"
        case _:
            assert_never(node)


def _event(node: EventCondition) -> str:
    did, when = pattern_words(node), when_words(node.within_days, node.window) or "有史以来"
    if node.times == 0 and node.comparison != "at_least":
        return f"{when}未发生 {did}"
    if node.comparison == "at_least" and node.times == 1:
        return f"{when}发生过 {did}"
    return f"{when}发生 {did} {_TIMES[node.comparison]} {node.times} 次"


def _ratio(node: RatioCondition) -> str:
    when = _spaced(when_words(node.within_days))
    part = f"{pattern_words(node.part)} 与 " if node.part else ""
    figure = f"{part}{_of(node.whole)}{'次数之比' if part else '重复占比'}"
    return f"{when}{figure}{_AMOUNTS[node.comparison]} {node.value}"


def _trend(node: TrendCondition) -> str:
    figure = f" {node.property} 总和" if node.property else "次数"
    periods = f"连续 {node.periods} {_PERIODS[node.unit]}"
    when = periods if node.periods > 1 else _LAST_PERIOD[node.unit]
    return f"{_of(node)}{figure}{when}{_DIRECTIONS[node.direction]}"


def _sequence(node: SequenceCondition) -> str:
    steps = "、".join(pattern_words(step) for step in node.steps)
    without = f"、其间未发生 {pattern_words(node.without)}" if node.without else ""
    limits = f"全程不超过 {_duration(node.within_seconds)}{without}"
    return f"{when_words(node.within_days)}先后发生 {steps}（{limits}）"


def _activity(node: ActivityCondition) -> str:
    words = "至少" if node.comparison == "at_least" else "不足"
    match node.about:
        case "silence_days":
            return f"没有任何行为{words} {node.value} 天"
        case "age_days":
            return f"首次出现至今{words} {node.value} 天"
        case "events":
            return f"行为总数{words} {node.value} 次"
        case _:
            assert_never(node.about)


def _date(node: DateCondition) -> str:
    source = node.source
    if isinstance(source, TraitDate):
        date = f"{source.trait} 中的日期"
    else:
        date = f"{_WHICH[source.which]} {_of(source)}日期"
    if node.repeats == "never":
        return date
    return f"{date}的{'农历' if node.calendar == 'lunar' else ''}周年日"


def _ahead(first: int, last: int) -> str:
    if first == last:
        if not first:
            return "是今天"
        return f"在 {first} 天后" if first > 0 else f"在 {-first} 天前"
    if first >= 0:
        return f"在 {first} 至 {last} 天后"
    if last <= 0:
        return f"在 {-last} 至 {-first} 天前"
    return f"在 {-first} 天前至 {last} 天后之间"


def _message(node: MessageCondition) -> str:
    of = [
        *([f"旅程 {node.journey_id}"] if node.journey_id else []),
        *([f"模板 {node.template_id}"] if node.template_id else []),
        *([f"渠道 {node.channel}"] if node.channel else []),
    ]
    said = f"{when_words(node.within_days)}{_OUTCOMES[node.outcome]}过消息"
    said += f"（{'，'.join(of)}）" if of else ""
    return said if node.times == 1 else f"{said}至少 {node.times} 次"


def _about(topic: str, channel: str | None = None) -> str:
    of = [*([f"主题 {topic}"] if topic else []), *([f"渠道 {channel}"] if channel else [])]
    return f"（{'，'.join(of)}）" if of else ""


def pattern_words(pattern: EventPattern) -> str:
    """Events of a name, with what is asked of their properties."""
    if not pattern.where:
        return pattern.event
    tests = "，".join(tested(test.property, test, "zh") for test in pattern.where)
    return f"{pattern.event}（{tests}）"


def _of(pattern: EventPattern) -> str:
    return f"{pattern_words(pattern)}的" if pattern.where else f"{pattern.event} 的"


def when_words(days: int | None, window: Window | None = None) -> str:
    """The window in words; nothing where every time counts."""
    match window:
        case None:
            if days is None:
                return ""
            return "今天" if days == 1 else f"近 {days} 天内"
        case RollingWindow():
            return f"最近 {_duration(window.seconds)}内"
        case BetweenWindow():
            if window.first_day == window.last_day:
                return f"{window.first_day} 当天"
            return f"{window.first_day} 至 {window.last_day} 期间"
        case AnchoredWindow():
            anchor = f"{_WHICH[window.which]} {pattern_words(window.anchor)}"
            return f"{anchor} {_SIDES[window.type]} {_duration(window.seconds)}内"
        case _:
            assert_never(window)


def _spaced(words: str) -> str:
    return f"{words} " if words else ""


def _duration(seconds: int) -> str:
    number, unit = duration(seconds)
    return f"{number} {_UNITS[unit]}"
