"""Values of tags: the first match, the figure itself, and comparisons that agree with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.days import natural_day
from shared.domain.measures.cells import fold_day
from shared.domain.measures.model import Activity, Measure, Moment
from shared.domain.profiles.model import View
from shared.domain.segments.comparing import value_holds
from shared.domain.segments.condition import TagCondition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.expand import Definitions, expand
from shared.domain.tags.expanding import ExpandedTag, expand_tag, tag_references
from shared.domain.tags.model import Tag
from shared.domain.tags.rfm import RFM_CLASSES
from shared.domain.tags.valuing import value_of
from tests.domain.tags.definitions import World, truths, worlds
from tests.domain.tags.definitions import value_of as naive_value_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
KINDS: list[dict[str, Any]] = [
    {"type": "statistic", "event": "order", "aggregate": "count"},
    {"type": "statistic", "event": "order", "aggregate": "count", "within_days": 3},
    {"type": "statistic", "event": "order", "aggregate": "sum", "property": "value"},
    {"type": "statistic", "event": "order", "aggregate": "average", "property": "value"},
    {"type": "statistic", "event": "order", "aggregate": "maximum", "property": "value"},
    {
        "type": "statistic",
        "event": "order",
        "aggregate": "minimum",
        "property": "value",
        "within_days": 2,
    },
    {
        "type": "statistic",
        "event": "order",
        "aggregate": "distinct",
        "property": "value",
        "within_days": 5,
    },
    {
        "type": "statistic",
        "event": "order",
        "aggregate": "sum",
        "property": "value",
        "window": {"type": "rolling", "seconds": 100_000},
    },
    {"type": "ratio", "whole": {"event": "order"}},
    {"type": "ratio", "whole": {"event": "order"}, "part": {"event": "refund"}, "within_days": 4},
    {"type": "favourite", "event": "order", "property": "value", "within_days": 5},
    {"type": "first_last", "event": "order", "property": "value", "which": "first"},
    {
        "type": "first_last",
        "event": "order",
        "property": "value",
        "which": "last",
        "within_days": 3,
    },
    {
        "type": "rfm",
        "event": "order",
        "amount": "value",
        "thresholds": {"type": "fixed", "recency_days": 2, "frequency": 2, "monetary": 5},
    },
    {"type": "manual"},
]

Happened = tuple[str, datetime, dict[str, Any]]


def tag_of(kind: dict[str, Any]) -> Tag:
    return Tag.model_validate(
        {"tag_id": "t", "title": "T", "category": "a", "family": "value", "how": kind}
    )


def view_of(past: Sequence[Happened], tag: ExpandedTag) -> View:
    """What the stores would show of a past for this tag."""
    asked = tag_references(tag)
    counters: dict[str, dict[Any, int]] = {}
    for name, at, _ in past:
        days = counters.setdefault(name, {})
        days[natural_day(at, ZONE)] = days.get(natural_day(at, ZONE), 0) + 1
    moments = {measure: _moments(past, measure) for measure in asked.measures}
    cells = {
        measure: {
            day: fold_day([one for one in kept if natural_day(one.at, ZONE) == day])
            for day in {natural_day(one.at, ZONE) for one in kept}
        }
        for measure, kept in moments.items()
    }
    instants = [at for _, at, _ in past]
    activity = Activity(min(instants), max(instants), len(past)) if past else None
    return View({}, counters, cells, moments, activity)


def _moments(past: Sequence[Happened], measure: Measure) -> list[Moment]:
    found = [
        Moment(at, f"e{n}", said.get(measure.property or ""))
        for n, (name, at, said) in enumerate(past)
        if name == measure.event
        and all(value_holds(test, said.get(test.property)) for test in measure.where)
    ]
    return sorted(found)


@st.composite
def pasts(draw: st.DrawFn) -> list[Happened]:
    past: list[Happened] = []
    for _ in range(draw(st.integers(0, 6))):
        at = NOW - timedelta(minutes=draw(st.integers(0, 8 * 24 * 60)))
        name = draw(st.sampled_from(["order", "order", "refund", "$tagged"]))
        if name == "$tagged":
            said = {"tag_id": "t", "value": draw(st.sampled_from(["gold", "", "silver"]))}
        else:
            said = {"value": draw(st.sampled_from([1, 2.5, 7, 3]))}
        past.append((name, at, said))
    return past


_numbers = st.tuples(
    st.sampled_from(
        ["equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal"]
    ),
    st.sampled_from([0, 0.5, 1, 2, 2.5, 7]),
)
_texts = st.tuples(
    st.sampled_from(["equals", "not_equals", "less", "greater", "contains"]),
    st.sampled_from(["gold", "silver"]),
)
_any = st.tuples(st.sampled_from(["exists", "not_exists"]), st.none())


@settings(max_examples=150)
@given(st.sampled_from(KINDS), pasts(), st.data())
def test_a_comparison_of_a_tag_agrees_with_its_value(
    kind: dict[str, Any], past: list[Happened], data: st.DataObject
) -> None:
    tag = tag_of(kind)
    tests = st.one_of(_any, _texts if kind["type"] == "manual" else _numbers)
    if kind["type"] == "rfm":
        classes = st.sampled_from([one.value for one in RFM_CLASSES])
        tests = st.one_of(_any, st.tuples(st.sampled_from(["equals", "not_equals"]), classes))
    operator, wanted = data.draw(tests)
    leaf = TagCondition(tag_id="t", operator=operator, value=wanted)
    known = Definitions({}, {"t": tag})
    ready = expand_tag(tag, known)
    view = view_of(past, ready)

    verdict = value_of(ready, view, NOW, ZONE)

    matches = evaluate(expand(leaf, known), view, NOW, ZONE).matches
    assert matches == value_holds(leaf, verdict.value)


@settings(max_examples=200)
@given(st.sampled_from(KINDS), pasts())
def test_a_value_stays_until_it_is_said_to_change(
    kind: dict[str, Any], past: list[Happened]
) -> None:
    ready = expand_tag(tag_of(kind), Definitions({}, {}))
    view = view_of(past, ready)
    verdict = value_of(ready, view, NOW, ZONE)
    later = verdict.changes_at or NOW + timedelta(days=800)
    steps = [NOW + (later - NOW) * n / 7 for n in range(7)] + [later - timedelta(milliseconds=1)]

    assert later > NOW
    assert {value_of(ready, view, at, ZONE).value for at in steps} == {verdict.value}


@given(worlds(), truths)
def test_a_rule_tag_has_the_value_of_its_first_match(world: World, truth: dict[str, bool]) -> None:
    view = View(truth, {})
    for tag in world.definitions.tags.values():
        verdict = value_of(expand_tag(tag, world.definitions), view, NOW, ZONE)
        assert verdict.value == naive_value_of(tag, truth, world.definitions)


ORDERS = {"type": "statistic", "event": "order", "aggregate": "count", "within_days": 3}


def test_a_statistic_says_why_and_when_it_changes() -> None:
    past: list[Happened] = [("order", NOW - timedelta(days=2), {}), ("order", NOW, {})]
    ready = expand_tag(tag_of(ORDERS), Definitions({}, {}))
    verdict = value_of(ready, view_of(past, ready), NOW, ZONE)
    assert verdict.value == 2
    assert verdict.changes_at == datetime(2026, 11, 22, 16, tzinfo=UTC)  # midnight in Shanghai
    assert [(fact.name, fact.value) for fact in verdict.because] == [("order", 2)]


@pytest.mark.parametrize("said", [["gold"], ["silver", "gold"], ["", "gold"]])
def test_a_manual_tag_has_the_last_value_that_was_said(said: list[str]) -> None:
    past: list[Happened] = [
        ("$tagged", NOW - timedelta(hours=len(said) - n), {"tag_id": "t", "value": value})
        for n, value in enumerate(said)
    ]
    past.append(("$tagged", NOW, {"tag_id": "another", "value": "none"}))
    ready = expand_tag(tag_of({"type": "manual"}), Definitions({}, {}))
    assert value_of(ready, view_of(past, ready), NOW, ZONE).value == "gold"


def test_a_manual_tag_that_was_taken_away_has_no_value() -> None:
    past: list[Happened] = [
        ("$tagged", NOW - timedelta(hours=2), {"tag_id": "t", "value": "gold"}),
        ("$tagged", NOW - timedelta(hours=1), {"tag_id": "t", "value": ""}),
    ]
    ready = expand_tag(tag_of({"type": "manual"}), Definitions({}, {}))
    assert value_of(ready, view_of(past, ready), NOW, ZONE).value is None


QUANTILE = {
    "type": "quantile",
    "recency_share": 0.2,
    "frequency_share": 0.2,
    "monetary_share": 0.2,
}
NUMBERS = {"type": "fixed", "recency_days": 2, "frequency": 2, "monetary": 5}


def test_nobody_has_a_class_before_the_thresholds_were_computed() -> None:
    past: list[Happened] = [("order", NOW, {"value": 10}), ("order", NOW, {"value": 1})]
    kind = {"type": "rfm", "event": "order", "amount": "value"}
    waiting = expand_tag(tag_of({**kind, "thresholds": QUANTILE}), Definitions({}, {}))
    numbers = {**NUMBERS, **QUANTILE, "at": NOW, "people": 1}
    del numbers["type"]
    computed = tag_of({**kind, "thresholds": {**QUANTILE, "computed_thresholds": numbers}})
    ready = expand_tag(computed, Definitions({}, {}))
    view = view_of(past, ready)
    assert value_of(waiting, view, NOW, ZONE).value is None
    assert value_of(ready, view, NOW, ZONE).value == "important_value"


@pytest.mark.parametrize("one", RFM_CLASSES, ids=lambda one: one.value)
def test_each_class_of_buyers_is_that_of_its_three_answers(one: Any) -> None:
    kind = {"type": "rfm", "event": "order", "amount": "value", "thresholds": NUMBERS}
    last = NOW if one.lately else NOW - timedelta(days=5)
    times, money = (2 if one.often else 1), (5 if one.much else 4)
    past: list[Happened] = [("order", last, {"value": money / times})] * times
    ready = expand_tag(tag_of(kind), Definitions({}, {}))
    assert value_of(ready, view_of(past, ready), NOW, ZONE).value == one.value
