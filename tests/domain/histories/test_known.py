"""What is told event by event is what the stores show of the whole, in whatever order it comes."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.consents.model import Decision, Scope
from shared.domain.consents.told import consent_changed, property_of, scope_of
from shared.domain.histories.known import Known
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.references import references
from shared.domain.workspace.purposes import CONSENT_PURPOSES
from tests.domain.journeys.memory import NOON
from tests.domain.segments.histories import view_of
from tests.domain.segments.strategies import cases

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


@given(cases(), st.integers())
def test_a_verdict_is_that_of_the_stores_whatever_came_first(case, seed):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    asked = references(condition)
    known = Known(asked, zone)
    shuffled = list(history)
    Random(seed).shuffle(shuffled)
    for each in shuffled:
        known.tell(each.event())
    view = view_of(history, asked, now, zone)
    assert evaluate(condition, known.view(), now, zone) == evaluate(condition, view, now, zone)


@given(
    st.builds(
        Scope,
        st.sampled_from(CONSENT_PURPOSES),
        st.sampled_from(["", "sale", "news_2"]),
        st.sampled_from(["", "sms", "email"]),
    )
)
def test_a_scope_is_read_as_it_was_written(scope):
    assert scope_of(property_of(scope)) == scope


def test_the_last_word_about_a_scope_holds():
    scope = Scope("marketing", channel="sms")
    granted = Decision(scope, granted=True, at=NOON, source="m")
    refused = Decision(scope, granted=False, at=NOON, source="m")
    first = consent_changed("default", "p", 1, before={}, after={scope: granted}, at=NOON)
    later = NOON.replace(hour=13)
    second = consent_changed(
        "default", "p", 2, before={scope: granted}, after={scope: refused}, at=later
    )
    latest = NOON.replace(hour=14)
    third = consent_changed("default", "p", 3, before={scope: refused}, after={}, at=latest)
    known = Known(references(CONDITION.validate_python(NOTHING)), NOON.tzinfo)
    for event, holds in ((second, False), (first, False)):
        known.tell(event)
        assert known.consents[scope].granted is holds
    known.tell(third)
    assert known.consents == {}


NOTHING = {"type": "trait", "trait": "city", "operator": "exists"}
