"""A condition judged by written facts says what the evaluator said, or that it cannot be told."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.recalling import Recalled, recalled
from shared.domain.segments.references import references
from tests.domain.segments.groups import groups
from tests.domain.segments.histories import view_of
from tests.domain.segments.strategies import cases

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


def read(**data):
    return CONDITION.validate_python(data)


# --- one leaf -----------------------------------------------------------------------------------

EVENT = {"type": "event", "event": "page", "comparison": "at_least", "times": 2}
ROLLING = {"type": "rolling", "seconds": 60}
AMOUNT = {
    "type": "amount", "event": "page", "aggregate": "sum", "property": "price",
    "comparison": "at_least", "value": 3,
}  # fmt: skip
VALUE = {
    "type": "value", "event": "page", "which": "last",
    "test": {"property": "sku", "operator": "equals", "value": "tea"},
}  # fmt: skip
FAVOURITE = {**VALUE, "type": "favourite", "within_days": 7}
del FAVOURITE["which"]
TRAIT = {"type": "trait", "trait": "city", "operator": "equals", "value": "Bern"}
SILENCE = {"type": "activity", "about": "silence_days", "comparison": "at_least", "value": 7}
TREND = {
    "type": "trend", "event": "page", "direction": "rising", "periods": 1, "unit": "week",
    "aggregate": "sum", "property": "price",
}  # fmt: skip
LONG = "x" * 100


def fact(about, name, holds, value=None, **more):
    said = {} if value is None else {"value": value}
    return {"about": about, "name": name, "holds": holds, **said, **more}


def of_value(holds, value="tea", about="value", **more):
    return fact(about, "page", holds, value, **{"property": "sku", "aggregate": "last", **more})


TOLD = [
    (EVENT, fact("event", "page", True, 2), True),
    (EVENT, fact("event", "page", False, 1), False),
    (EVENT, fact("event", "page", True, 1), None),  # of a leaf that asks for less
    (EVENT, fact("event", "page", False, 2), None),
    (EVENT, fact("event", "page", True), True),
    (EVENT, fact("event", "page", False), False),
    (EVENT, fact("event", "cart", True, 2), None),
    (EVENT, fact("trait", "page", True, 2), None),
    (EVENT, fact("event", "page", True, 2, within_days=3), None),
    ({**EVENT, "within_days": 3}, fact("event", "page", True, 2), None),
    ({**EVENT, "within_days": 3}, fact("event", "page", True, 2, within_days=3), True),
    ({**EVENT, "within_days": 3}, fact("event", "page", True, 2, within_days=4), None),
    ({**EVENT, "window": ROLLING}, fact("event", "page", True, 2, window=ROLLING), True),
    ({**EVENT, "window": ROLLING}, fact("event", "page", True, 2), None),
    (EVENT, fact("event", "page", True, 2, window=ROLLING), None),
    ({**EVENT, "window": ROLLING},
     fact("event", "page", True, 2, window={**ROLLING, "seconds": 61}), None),
    ({**EVENT, "comparison": "at_most"}, fact("event", "page", True, 2), True),
    ({**EVENT, "comparison": "at_most"}, fact("event", "page", False, 3), False),
    ({**EVENT, "comparison": "exactly"}, fact("event", "page", False, 3), False),
    (TRAIT, fact("trait", "city", True, "Bern"), True),
    (TRAIT, fact("trait", "city", False, "Rom"), False),
    (TRAIT, fact("trait", "city", False, "Bern"), None),
    (TRAIT, fact("trait", "city", False), False),  # no value at all, or a list
    (TRAIT, fact("trait", "town", True, "Bern"), None),
    (TRAIT, fact("trait", "city", True, LONG), True),  # it may have been cut
    (TRAIT, fact("trait", "city", True, LONG[1:]), None),
    (TRAIT, fact("trait", "city", False, 7), False),
    (SILENCE, fact("activity", "silence_days", True, 7), True),
    (SILENCE, fact("activity", "silence_days", False, 6), False),
    (SILENCE, fact("activity", "silence_days", True, 6), None),
    (SILENCE, fact("activity", "silence_days", False), False),
    (SILENCE, fact("activity", "age_days", True, 7), None),
    ({**SILENCE, "comparison": "less_than"}, fact("activity", "silence_days", True, 6), True),
    ({**SILENCE, "comparison": "less_than"}, fact("activity", "silence_days", True, 7), None),
    (AMOUNT, fact("amount", "page", True, 3, property="price", aggregate="sum"), True),
    (AMOUNT, fact("amount", "page", False, 3, property="price", aggregate="sum"), False),
    (AMOUNT, fact("amount", "page", True, 3, property="weight", aggregate="sum"), None),
    (AMOUNT, fact("amount", "page", True, 3, property="price", aggregate="maximum"), None),
    (VALUE, of_value(True), True),
    (VALUE, of_value(False), None),
    (VALUE, of_value(False, "milk"), False),
    (VALUE, of_value(True, "milk"), None),
    (VALUE, of_value(False, None), False),
    (VALUE, of_value(True, LONG), True),
    (VALUE, of_value(True, property="colour"), None),
    (VALUE, of_value(True, aggregate="first"), None),
    (FAVOURITE, fact("favourite", "page", True, "tea", property="sku", within_days=7), True),
    (FAVOURITE, fact("favourite", "page", True, "milk", property="sku", within_days=7), None),
    (FAVOURITE, fact("favourite", "page", True, "tea", property="size", within_days=7), None),
    (FAVOURITE, fact("favourite", "page", True, "tea", property="sku", within_days=8), None),
    (TREND, fact("trend", "page", True, 3, property="price", aggregate="sum"), True),
    (TREND, fact("trend", "page", False, 3, property="price", aggregate="sum"), False),
    (TREND, fact("trend", "page", True, 3, aggregate="count"), None),
    ({"type": "ratio", "whole": {"event": "page"}, "comparison": "at_least", "value": 1},
     fact("ratio", "page", True, 1), None),
]  # fmt: skip


@pytest.mark.parametrize(("leaf", "told", "holds"), TOLD)
def test_a_fact_answers_for_the_leaf_that_it_was_written_of(leaf, told, holds):
    condition = read(**leaf)
    because = () if holds is None else (told,)
    assert recalled(condition, [told]) == Recalled(holds, because)
    noise = [fact("event", "other", True, 9), told, fact("trait", "other", False)]
    assert recalled(condition, noise) == Recalled(holds, because)
    assert recalled(condition, []) == Recalled(None)


def test_of_several_facts_of_one_event_each_leaf_finds_its_own():
    facts = [fact("event", "page", True, 2), fact("event", "page", False, 2)]
    more = {**EVENT, "times": 3}
    assert recalled(read(**EVENT), facts) == Recalled(True, (facts[0],))
    assert recalled(read(**more), facts) == Recalled(False, (facts[1],))


# --- groups -------------------------------------------------------------------------------------

NAMES = "abcd"
_LEAVES = st.sampled_from(NAMES).map(
    lambda name: {"type": "trait", "trait": name, "operator": "exists"}
)


def reading(node, known):
    """(0, 1 or a half, the names that decide): what is not known is a half."""
    if node["type"] == "trait":
        answer = known.get(node["trait"])
        return (0.5, []) if answer is None else (float(answer), [node["trait"]])
    if node["type"] == "not":
        answer, names = reading(node["condition"], known)
        return 1 - answer, names
    parts = [reading(part, known) for part in node["conditions"]]
    answers = sorted((answer for answer, _ in parts), reverse=True)
    least = {"all": len(parts), "any": 1}.get(node["type"]) or node["count"]
    found = answers[least - 1]
    deciding = [names for answer, names in parts if answer == found != 0.5]
    return found, [name for names in deciding for name in names]


@settings(max_examples=120)
@given(
    st.recursive(_LEAVES, groups, max_leaves=6),
    st.dictionaries(st.sampled_from(NAMES), st.booleans()),
)
def testgroups_are_judged_by_what_is_known_and_say_by_which_facts(tree, known):
    facts = {name: fact("trait", name, holds) for name, holds in known.items()}
    answer, names = reading(tree, known)
    event(f"{tree['type']} {answer}")
    found = recalled(CONDITION.validate_python(tree), [*facts.values()])
    assert found.holds == {0: False, 0.5: None, 1: True}[answer]
    assert [*found.because] == [facts[name] for name in names]


@settings(max_examples=60)
@given(cases())
def test_whatever_can_be_told_is_what_the_evaluator_said(case):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    verdict = evaluate(condition, view_of(history, references(condition), now, zone), now, zone)
    facts = [each.to_json() for each in verdict.because]
    found = recalled(condition, facts)
    if [*found.because] == facts:
        event(f"told: {found.holds is not None}")
        assert found.holds in (None, verdict.matches)
