"""Words of operators and values, in each language."""

from collections.abc import Mapping
from typing import Final, Literal

from shared.domain.segments.nodes.base import Operator, Scalar, ValueTest

Language = Literal["en", "zh"]

OPERATOR_WORDS: Final[Mapping[Operator, Mapping[Language, str]]] = {
    "equals": {"en": "{trait} is {value}", "zh": "{trait} 等于 {value}"},
    "not_equals": {"en": "{trait} is other than {value}", "zh": "{trait} 不等于 {value}"},
    "greater": {"en": "{trait} is greater than {value}", "zh": "{trait} 大于 {value}"},
    "greater_or_equal": {"en": "{trait} is at least {value}", "zh": "{trait} 不小于 {value}"},
    "less": {"en": "{trait} is less than {value}", "zh": "{trait} 小于 {value}"},
    "less_or_equal": {"en": "{trait} is at most {value}", "zh": "{trait} 不大于 {value}"},
    "contains": {"en": "{trait} contains {value}", "zh": "{trait} 包含 {value}"},
    "contains_any": {"en": "{trait} contains any of {value}", "zh": "{trait} 包含 {value} 之一"},
    "contains_all": {"en": "{trait} contains all of {value}", "zh": "{trait} 包含全部 {value}"},
    "one_of": {"en": "{trait} is one of {value}", "zh": "{trait} 是 {value} 之一"},
    "matches": {"en": "{trait} matches {value}", "zh": "{trait} 匹配 {value}"},
    "exists": {"en": "{trait} is known", "zh": "{trait} 已知"},
    "not_exists": {"en": "{trait} is not known", "zh": "{trait} 未知"},
}
_TRUTHS: Final[Mapping[Language, tuple[str, str]]] = {"en": ("false", "true"), "zh": ("否", "是")}
_COMMAS: Final[Mapping[Language, str]] = {"en": ", ", "zh": "、"}


def tested(subject: str, test: ValueTest, language: Language) -> str:
    """What is asked of a value: `city is “上海”`."""
    words = OPERATOR_WORDS[test.operator][language]
    return words.format(trait=subject, value=_value(test.value, language))


def _value(value: Scalar | tuple[Scalar, ...] | None, language: Language) -> str:
    match value:
        case bool():
            return _TRUTHS[language][value]
        case str():
            return f"“{value}”"
        case tuple():
            return _COMMAS[language].join(_value(each, language) for each in value)
        case _:
            return str(value)


def duration(seconds: int) -> tuple[int, Literal["hour", "minute", "second"]]:
    """Seconds in the greatest unit that leaves no rest, as days are natural days here."""
    if seconds % 3_600 == 0:
        return seconds // 3_600, "hour"
    if seconds % 60 == 0:
        return seconds // 60, "minute"
    return seconds, "second"
