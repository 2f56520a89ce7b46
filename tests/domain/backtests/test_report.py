"""Reports of parts add up, over any partition, and are read as they were written."""

import json

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.backtests.replay import replay
from shared.domain.backtests.report import SAMPLES, Report, work_of
from tests.domain.backtests.people import event, lives, setting
from tests.domain.backtests.test_replay import REENTRIES, REMIND, WATCHED
from tests.domain.journeys.memory import NOON, journey
from tests.domain.journeys.strategies import journeys


@given(journeys(), REENTRIES, st.lists(lives(), max_size=6), st.randoms())
def test_a_report_is_the_same_over_any_partition_of_the_people(
    definition, reentry, histories, random
):
    goes_by = setting(definition.model_copy(update={"reentry": reentry}))
    stories = [
        (replay(goes_by, f"person {place}", history), len(history))
        for place, history in enumerate(histories)
    ]
    whole = Report()
    for story, events in stories:
        whole.add(goes_by, story, events)
    random.shuffle(stories)
    parts = [Report() for _ in range(3)]
    for story, events in stories:
        random.choice(parts).add(goes_by, story, events)
    joined = Report()
    for part in parts:
        joined.merge(Report.from_json(json.loads(json.dumps(part.to_json()))))
    assert joined.to_json() == whole.to_json()

    assert whole.people == len(histories)
    assert whole.events == sum(map(len, histories))
    runs = [one for story, _ in stories for one in story.enrolments]
    assert whole.enrolments == len(runs) == sum(whole.entries.values()) == sum(whole.ends.values())
    assert len(whole.samples) == min(SAMPLES, len(runs))
    assert sum(whole.messages.values()) == sum(len(story.messages) for story, _ in stories)
    assert whole.sent == sum(whole.parts.values()), "an email is one part"


CARTS = [event("cart", NOON, "cart")]


def test_what_has_to_be_paid_for_is_what_was_done():
    sends = journey(REMIND, purpose="transactional")
    report = Report()
    for definition in (WATCHED, sends):
        goes_by = setting(definition)
        for place in range(3):
            report.add(goes_by, replay(goes_by, f"p{place}", CARTS), len(CARTS))
    work = work_of(report)
    assert work.operations == {
        "enrolment": 6,
        "wait": 3,
        "branch": 0,
        "message": 6,
        "action": 0,
    }
    assert work.transitions == 3 * 5 + 3 * 2, "start, watch, time up, way, remind; start, remind"
    assert work.parts == {}, "nobody has an address"
