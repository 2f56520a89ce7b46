"""The first condition that holds gives the answer, its facts, and until when it stands."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.deciding import Decision, decide
from shared.domain.segments.evaluate import MAX_FACTS, evaluate
from shared.domain.segments.references import all_references, references
from tests.domain.segments.conditions import conditions
from tests.domain.segments.histories import Happening, view_of
from tests.domain.segments.strategies import cases

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)


def read(**data):
    return CONDITION.validate_python(data)


@settings(max_examples=50)
@given(cases(), st.lists(conditions, max_size=2))
def test_the_first_that_holds_answers(case, others):
    first, history, now, zone = case
    rules = [(n, CONDITION.validate_python(data)) for n, data in enumerate([first, *others])]
    needed = all_references(references(condition) for _, condition in rules)
    view = view_of(history, needed, now, zone)
    verdicts = [evaluate(condition, view, now, zone) for _, condition in rules]
    taken = next((n for n, verdict in enumerate(verdicts) if verdict.matches), None)
    seen = verdicts if taken is None else verdicts[: taken + 1]
    turns = [each.changes_at for each in seen if each.changes_at]
    against = [fact for each in seen for fact in each.because]
    expected = Decision(
        "nobody" if taken is None else taken,
        min(turns) if turns else None,
        tuple(against[:MAX_FACTS]) if taken is None else seen[-1].because,
    )
    assert decide(rules, "nobody", view, now, zone) == expected


def test_without_any_rule_the_other_answer_stands_for_ever():
    view = view_of((), all_references([]), NOON, ZONE)
    assert decide([], "none", view, NOON, ZONE) == Decision("none", None, ())


def test_of_many_facts_against_it_the_first_are_given():
    rules = [
        (n, read(type="trait", trait=f"t{n:02}", operator="exists")) for n in range(MAX_FACTS + 3)
    ]
    needed = all_references(references(condition) for _, condition in rules)
    decision = decide(rules, "none", view_of((), needed, NOON, ZONE), NOON, ZONE)
    assert [fact.name for fact in decision.because] == [f"t{n:02}" for n in range(MAX_FACTS)]


def test_an_answer_stands_until_the_first_turn_of_those_that_were_looked_at():
    def visited(days):
        return read(type="event", event="page", times=2, within_days=days)

    history = [Happening(NOON - 2 * DAY, "page", message_id="a"), Happening(NOON, "page")]
    rules = [("week", visited(7)), ("month", visited(30))]
    view = view_of(history, all_references(references(each) for _, each in rules), NOON, ZONE)
    assert decide(rules, None, view, NOON, ZONE).changes_at == datetime(2026, 11, 27, tzinfo=ZONE)
    lately = [("today", visited(1)), *rules]
    assert decide(lately, None, view, NOON, ZONE).answer == "week"
    assert decide(rules[1:], None, view, NOON, ZONE).changes_at == datetime(
        2026, 12, 20, tzinfo=ZONE
    )
