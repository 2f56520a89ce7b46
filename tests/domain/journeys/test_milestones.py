"""A run through a journey is told once when it begins and once when it is over."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.model import Event
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.milestones import told_by
from shared.domain.journeys.stimulus import Happened
from tests.domain.journeys.memory import NOON
from tests.domain.journeys.strategies import histories, journeys, traits
from tests.domain.journeys.test_interpreter import begin, walked

NOWS = st.integers(-400 * 24, 400 * 24).map(lambda hours: NOON + timedelta(hours=hours))


def id_of(event: Event) -> str:
    return event.message_id


@given(journeys(), histories(), traits(), NOWS)
def test_every_run_is_told_in_the_order_in_which_it_happened_whatever_the_clock_says(
    definition: Journey, history: list[Happened], known: dict[str, str], now: datetime
):
    steps = [begin(definition), *(made.enrolment for made in walked(definition, history, known))]
    places = (0, *(len(one.trace) for one in steps))
    by_change = [list(told_by(one, n, now)) for n, one in zip(places, steps, strict=False)]
    goals = [event for events in by_change for event in events if event.name == "$journey_goal"]
    told = [event for events in by_change for event in events if event not in goals]
    last = steps[-1]
    assert sorted(told_by(last, 0, now), key=id_of) == sorted([*told, *goals], key=id_of), "at once"
    assert not list(told_by(last, len(last.trace), now)), "nothing is told without a decision"
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
