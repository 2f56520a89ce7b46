"""A condition in words, in English and Chinese, as operators read it back."""

from typing import Final

from shared.domain.segments.condition import (
    AllCondition,
    AnyCondition,
    AtLeastCondition,
    Node,
    NotCondition,
)
from shared.domain.segments.describing import chinese, english
from shared.domain.segments.describing.words import OPERATOR_WORDS, Language

_AND: Final[dict[Language, str]] = {"en": " and ", "zh": "，且"}
_OR: Final[dict[Language, str]] = {"en": " or ", "zh": "，或"}
_COUNTED: Final[dict[Language, str]] = {"en": "; ", "zh": "；"}


def describe(condition: Node, language: Language = "en") -> str:
    """Say a whole condition in one sentence part; groups within groups are in brackets."""
    match condition:
        case NotCondition():
            inner = describe(condition.condition, language)
            return f"not ({inner})" if language == "en" else f"并非（{inner}）"
        case AllCondition():
            return _joined(condition, _AND[language], language)
        case AnyCondition():
            return _joined(condition, _OR[language], language)
        case AtLeastCondition():
            parts = _joined(condition, _COUNTED[language], language)
            count = condition.count
            return (
                f"at least {count} of: {parts}"
                if language == "en"
                else f"至少满足 {count} 项：{parts}"
            )
        case _:
            return english.leaf(condition) if language == "en" else chinese.leaf(condition)


def _joined(
    group: AllCondition | AnyCondition | AtLeastCondition, joint: str, language: Language
) -> str:
    return joint.join(_part(part, language) for part in group.conditions)


def _part(node: Node, language: Language) -> str:
    words = describe(node, language)
    is_group = isinstance(node, AllCondition | AnyCondition) and len(node.conditions) > 1
    if is_group or isinstance(node, AtLeastCondition):
        return f"({words})" if language == "en" else f"（{words}）"
    return words


__all__ = ["OPERATOR_WORDS", "Language", "describe"]
