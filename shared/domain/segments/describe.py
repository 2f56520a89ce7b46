"""A condition in words, in English and Chinese, as operators read it back."""

from typing import Final, Literal, assert_never

from shared.domain.segments.condition import (
    AllCondition,
    AnyCondition,
    EventCondition,
    Node,
    NotCondition,
    Operator,
    Scalar,
    TraitCondition,
)

Language = Literal["en", "zh"]

OPERATOR_WORDS: Final[dict[Operator, dict[Language, str]]] = {
    "equals": {"en": "{trait} is {value}", "zh": "{trait} 等于 {value}"},
    "not_equals": {"en": "{trait} is other than {value}", "zh": "{trait} 不等于 {value}"},
    "greater": {"en": "{trait} is greater than {value}", "zh": "{trait} 大于 {value}"},
    "greater_or_equal": {"en": "{trait} is at least {value}", "zh": "{trait} 不小于 {value}"},
    "less": {"en": "{trait} is less than {value}", "zh": "{trait} 小于 {value}"},
    "less_or_equal": {"en": "{trait} is at most {value}", "zh": "{trait} 不大于 {value}"},
    "contains": {"en": "{trait} contains {value}", "zh": "{trait} 包含 {value}"},
    "one_of": {"en": "{trait} is one of {value}", "zh": "{trait} 是 {value} 之一"},
    "exists": {"en": "{trait} is known", "zh": "{trait} 已知"},
    "not_exists": {"en": "{trait} is not known", "zh": "{trait} 未知"},
}
_JOINTS: Final[dict[Language, dict[Literal["all", "any"], str]]] = {
    "en": {"all": " and ", "any": " or "},
    "zh": {"all": "，且", "any": "，或"},
}
_TRUTHS: Final[dict[Language, tuple[str, str]]] = {"en": ("false", "true"), "zh": ("否", "是")}


def describe(condition: Node, language: Language = "en") -> str:
    """Say a whole condition in one sentence part; groups within groups are in brackets."""
    match condition:
        case TraitCondition():
            words = OPERATOR_WORDS[condition.operator][language]
            return words.format(trait=condition.trait, value=_value(condition.value, language))
        case EventCondition():
            return _event_en(condition) if language == "en" else _event_zh(condition)
        case NotCondition():
            inner = describe(condition.condition, language)
            return f"not ({inner})" if language == "en" else f"并非（{inner}）"
        case AllCondition() | AnyCondition():
            parts = (_part(part, language) for part in condition.conditions)
            return _JOINTS[language][condition.type].join(parts)
        case _:
            assert_never(condition)


def _part(node: Node, language: Language) -> str:
    words = describe(node, language)
    if isinstance(node, AllCondition | AnyCondition) and len(node.conditions) > 1:
        return f"({words})" if language == "en" else f"（{words}）"
    return words


def _value(value: Scalar | tuple[Scalar, ...] | None, language: Language) -> str:
    match value:
        case bool():
            return _TRUTHS[language][value]
        case str():
            return f"“{value}”"
        case tuple():
            return (", " if language == "en" else "、").join(_value(v, language) for v in value)
        case _:
            return str(value)


def _is_never(condition: EventCondition) -> bool:
    return condition.times == 0 and condition.comparison != "at_least"


def _event_en(condition: EventCondition) -> str:
    match condition.within_days:
        case None:
            when = "ever"
        case 1:
            when = "today"
        case days:
            when = f"in the last {days} days"
    if _is_never(condition):
        return f"did not do {condition.event} {when}"
    if condition.comparison == "at_least" and condition.times == 1:
        return f"did {condition.event} {when}"
    amount = condition.comparison.replace("_", " ")
    times = "once" if condition.times == 1 else f"{condition.times} times"
    return f"did {condition.event} {amount} {times} {when}"


def _event_zh(condition: EventCondition) -> str:
    match condition.within_days:
        case None:
            when = "有史以来"
        case 1:
            when = "今天"
        case days:
            when = f"近 {days} 天内"
    if _is_never(condition):
        return f"{when}未发生 {condition.event}"
    if condition.comparison == "at_least" and condition.times == 1:
        return f"{when}发生过 {condition.event}"
    amount = {"at_least": "至少", "at_most": "至多", "exactly": "恰好"}[condition.comparison]
    return f"{when}发生 {condition.event} {amount} {condition.times} 次"
