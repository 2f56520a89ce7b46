import pytest
from hypothesis import given
from pydantic import TypeAdapter

from shared.domain.segments.condition import OPERATORS, Condition
from shared.domain.segments.describe import OPERATOR_WORDS, describe
from tests.domain.segments.strategies import conditions

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def test_every_operator_has_words_in_both_languages():
    assert set(OPERATOR_WORDS) == set(OPERATORS)
    assert all(set(words) == {"en", "zh"} for words in OPERATOR_WORDS.values())


def event(**fields):
    return {"type": "event", "event": "cart", **fields}


def trait(operator, value=None):
    return {"type": "trait", "trait": "city", "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("data", "english", "chinese"),
    [
        (event(), "did cart ever", "有史以来发生过 cart"),
        (event(within_days=1), "did cart today", "今天发生过 cart"),
        (
            event(times=3, within_days=30),
            "did cart at least 3 times in the last 30 days",
            "近 30 天内发生 cart 至少 3 次",
        ),
        (
            event(times=0, comparison="exactly", within_days=14),
            "did not do cart in the last 14 days",
            "近 14 天内未发生 cart",
        ),
        (event(times=0, comparison="at_most"), "did not do cart ever", "有史以来未发生 cart"),
        (
            event(times=1, comparison="exactly"),
            "did cart exactly once ever",
            "有史以来发生 cart 恰好 1 次",
        ),
        (
            event(times=2, comparison="at_most", within_days=1),
            "did cart at most 2 times today",
            "今天发生 cart 至多 2 次",
        ),
        (trait("equals", "上海"), "city is “上海”", "city 等于 “上海”"),
        (trait("not_equals", 1.5), "city is other than 1.5", "city 不等于 1.5"),
        (trait("equals", True), "city is true", "city 等于 是"),
        (
            trait("one_of", ["a", 2, False]),
            "city is one of “a”, 2, false",
            "city 是 “a”、2、否 之一",
        ),
        (trait("exists"), "city is known", "city 已知"),
        ({"type": "not", "condition": trait("exists")}, "not (city is known)", "并非（city 已知）"),
        (
            {
                "type": "all",
                "conditions": [
                    trait("exists"),
                    {"type": "any", "conditions": [event(), trait("less", 5)]},
                    {"type": "any", "conditions": [event(within_days=1)]},
                ],
            },
            "city is known and (did cart ever or city is less than 5) and did cart today",
            "city 已知，且（有史以来发生过 cart，或city 小于 5），且今天发生过 cart",
        ),
    ],
)
def test_a_condition_reads_back_as(data, english, chinese):
    condition = CONDITION.validate_python(data)

    assert describe(condition) == english
    assert describe(condition, "zh") == chinese


def test_braces_in_a_value_are_only_text():
    data = trait("equals", "{trait} {0} {value.__class__}")

    assert describe(CONDITION.validate_python(data)) == "city is “{trait} {0} {value.__class__}”"


@given(conditions)
def test_every_condition_can_be_said(data):
    condition = CONDITION.validate_python(data)

    assert describe(condition)
    assert describe(condition, "zh")
