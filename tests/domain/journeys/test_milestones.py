"""A run through a journey is told once when it begins and once when it is over."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.milestones import beginning, ending, reaching
from shared.domain.journeys.stimulus import Happened
from tests.domain.journeys.memory import NOON
from tests.domain.journeys.strategies import histories, journeys, traits
from tests.domain.journeys.test_interpreter import begin, walked

NOWS = st.integers(-400 * 24, 400 * 24).map(lambda hours: NOON + timedelta(hours=hours))


@given(journeys(), histories(), traits(), NOWS)
def test_every_run_is_told_in_the_order_in_which_it_happened_whatever_the_clock_says(
    definition: Journey, history: list[Happened], known: dict[str, str], now: datetime
):
    steps = [made.enrolment for made in walked(definition, history, known)]
    begun = begin(definition)
    goals = [one for pair in pairwise([begun, *steps]) for one in reaching(*pair, now)]
    told = [beginning(steps[0], now), *(event for each in steps for event in ending(each, now))]
    last = steps[-1]
    assert [event.name for event in told] == ["$journey_entered", f"$journey_{last.status}"]
    assert [event.occurred_at for event in told] == [
        min(last.entered_at, now),
        min(last.clock_at, now),
    ]
    reached = [entry for entry in last.trace if entry.decision == "goal"]
    assert [event.name for event in goals] == ["$journey_goal" for _ in reached]
    at = {fact.fact_id: fact.occurred_at for fact in history}
    assert [event.occurred_at for event in goals] == [min(at[one.fact], now) for one in reached]
    assert all(event.received_at == now for event in told)
    assert len({event.message_id for event in (*told, *goals)}) == 2 + len(goals)
    about = {"journey_id": "test", "enrolment_id": last.enrolment_id, "version": 1}
    assert told[0].properties == about
    assert told[1].properties == {**about, "reason": last.reason}
