"""The eight classes of buyers, by recency, frequency and money."""

from typing import Final, NamedTuple

from shared.domain.segments.condition import (
    AllCondition,
    AmountCondition,
    EventCondition,
    Node,
    NotCondition,
)
from shared.domain.tags.kinds import RfmTag


class RfmClass(NamedTuple):
    """A class: which of the three are high in it, and its names."""

    value: str
    title: str
    title_zh: str
    lately: bool
    often: bool
    much: bool


RFM_CLASSES: Final = (
    RfmClass("important_value", "Important value", "重要价值客户", True, True, True),
    RfmClass("important_develop", "Important develop", "重要发展客户", True, False, True),
    RfmClass("important_retain", "Important retain", "重要保持客户", False, True, True),
    RfmClass("important_win_back", "Important win-back", "重要挽留客户", False, False, True),
    RfmClass("general_value", "General value", "一般价值客户", True, True, False),
    RfmClass("general_develop", "General develop", "一般发展客户", True, False, False),
    RfmClass("general_retain", "General retain", "一般保持客户", False, True, False),
    RfmClass("general_win_back", "General win-back", "一般挽留客户", False, False, False),
)


def rfm_rules(kind: RfmTag) -> tuple[tuple[str, Node], ...]:
    """(class, condition) of each class; no two hold at once. None before there are thresholds."""
    numbers = kind.numbers
    if numbers is None:
        return ()
    bought = EventCondition(event=kind.event, where=kind.where)
    lately = bought.model_copy(update={"within_days": numbers.recency_days})
    often = bought.model_copy(update={"within_days": kind.within_days, "times": numbers.frequency})
    much = AmountCondition(
        event=kind.event,
        where=kind.where,
        within_days=kind.within_days,
        aggregate="sum",
        property=kind.amount,
        comparison="at_least",
        value=numbers.monetary,
    )
    return tuple(
        (
            one.value,
            AllCondition(
                conditions=(
                    bought,
                    _is(lately, high=one.lately),
                    _is(often, high=one.often),
                    _is(much, high=one.much),
                )
            ),
        )
        for one in RFM_CLASSES
    )


def _is(condition: Node, *, high: bool) -> Node:
    return condition if high else NotCondition(condition=condition)
