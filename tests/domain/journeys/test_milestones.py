"""A run through a journey is told once when it begins and once when it is over."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.milestones import beginning, ending
from shared.domain.journeys.stimulus import Happened
from tests.domain.journeys.memory import NOON
from tests.domain.journeys.strategies import histories, journeys, traits
from tests.domain.journeys.test_interpreter import walked

NOWS = st.integers(-400 * 24, 400 * 24).map(lambda hours: NOON + timedelta(hours=hours))


@given(journeys(), histories(), traits(), NOWS)
def test_every_run_is_told_in_the_order_in_which_it_happened_whatever_the_clock_says(
    definition: Journey, history: list[Happened], known: dict[str, str], now: datetime
):
    steps = [made.enrolment for made in walked(definition, history, known)]
    told = [beginning(steps[0], now), *(event for each in steps for event in ending(each, now))]
    last = steps[-1]
    assert [event.name for event in told] == ["$journey_entered", f"$journey_{last.status}"]
    assert [event.occurred_at for event in told] == [
        min(last.entered_at, now),
        min(last.clock_at, now),
    ]
    assert all(event.received_at == now for event in told)
    assert len({event.message_id for event in told}) == 2
    about = {"journey_id": "test", "enrolment_id": last.enrolment_id, "version": 1}
    assert told[0].properties == about
    assert told[1].properties == {**about, "reason": last.reason}
