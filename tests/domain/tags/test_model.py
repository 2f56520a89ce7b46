"""Definitions of tags: what they can say, and what is refused with its place."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.tags.model import Tag

VIP = {"type": "trait", "trait": "vip", "operator": "equals", "value": True}


def tag(**kind: Any) -> Tag:
    return Tag.model_validate(
        {"tag_id": "t", "title": "T", "category": "a", "family": "value", "how": kind}
    )


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ({"type": "statistic", "event": "order", "aggregate": "sum"}, "a property for every"),
        (
            {"type": "statistic", "event": "order", "aggregate": "count", "property": "p"},
            "a property for every",
        ),
        (
            {"type": "statistic", "event": "o", "aggregate": "distinct", "property": "p"},
            "distinct needs",
        ),
        (
            {
                "type": "statistic",
                "event": "order",
                "aggregate": "count",
                "within_days": 3,
                "window": {"type": "rolling", "seconds": 60},
            },
            "not both",
        ),
        ({"type": "rule", "values": []}, "at least 1 item"),
        (
            {
                "type": "rule",
                "values": [{"value": v, "title": "V", "condition": VIP} for v in "aa"],
            },
            "the same value is there twice",
        ),
        (
            {
                "type": "rfm",
                "event": "order",
                "amount": "value",
                "thresholds": {"type": "quantile", "recency_share": 1, "frequency_share": 0.2},
            },
            "less than 1",
        ),
        ({"type": "weather"}, "does not match any of the expected tags"),
    ],
)
def test_a_tag_that_makes_no_sense_is_refused(kind: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        tag(**kind)


def test_true_and_one_are_two_values() -> None:
    values = [{"value": value, "title": "V", "condition": VIP} for value in (True, 1, "1")]
    kind = tag(type="rule", values=values).how
    assert kind.type == "rule"
    assert [one.value for one in kind.values] == [True, 1, "1"]


@pytest.mark.parametrize("category", ["behaviour", "behaviour/browsing", "a/b/c/d/e"])
def test_a_category_is_a_path(category: str) -> None:
    assert tag(type="manual").model_copy(update={"category": category})


@pytest.mark.parametrize("category", ["", "/a", "a/", "a//b", "A/b", "a/b/c/d/e/f"])
def test_anything_else_is_no_category(category: str) -> None:
    with pytest.raises(ValidationError):
        Tag.model_validate(
            {
                "tag_id": "t",
                "title": "T",
                "category": category,
                "family": "value",
                "how": {"type": "manual"},
            }
        )


def test_a_manual_tag_takes_its_values_or_any_text_and_can_be_cleared() -> None:
    chosen = tag(type="manual", values=[{"value": "vip", "title": "VIP"}]).how
    free = tag(type="manual").how
    assert chosen.type == free.type == "manual"
    assert [chosen.allows(value) for value in ("vip", "other", "")] == [True, False, True]
    assert free.allows("other")
