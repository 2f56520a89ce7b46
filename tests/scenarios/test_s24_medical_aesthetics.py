"""S24: leads are tagged, followed up after 72 hours, and woken half a year after a treatment."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
LEAD, WAKE = "lead-follow-up", "half-year-wake-up"


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("medical-aesthetics"), day=6):
        yield


def answer(person, said):
    person.stands(WAKE, "what next")
    person.does("feedback_given", question="next-project", answer=said)


def test_a_lead_without_an_appointment_is_followed_up_and_comes_back_after_half_a_year(
    person, admin
):
    half_a_year_ago = datetime.now(UTC) - timedelta(days=180)
    skin, contour, silent = (person(age=31) for _ in range(3))
    for each in (skin, contour, silent):
        each.does("treatment_completed", at=half_a_year_ago, project="skin")
    booked, lead = person(age=23), person(age=36)
    booked.does("lead_created", project="contour", source="friend")
    lead.does("lead_created", project="skin", source="video ad")
    booked.stands(LEAD, "72 hours")
    booked.does("appointment_made")
    answer(skin, "skin")
    answer(contour, "contour")

    tags = {"lead-age": "35-and-over", "lead-interest": "skin", "lead-source": "video ad"}
    for tag_id, value in tags.items():
        lead.is_tagged(tag_id, value)
    booked.is_tagged("lead-age", "under-25")
    booked.is_tagged("lead-interest", "contour")
    booked.ends(LEAD, "exited", "appointment_made")
    # Wherever a slow machine has let them come by then: days go by fast here.
    *_, goal, cut = booked.way(LEAD)
    assert (goal[1], cut[1], goal[0]) == ("goal", "exit_rule", cut[0])

    lead.stands(LEAD, "consultant")
    for task in lead.tasks(LEAD, "consultants"):
        admin.call("POST", f"/tasks/{task['task_id']}/done")
    lead.ends(LEAD, "completed", heard=["consultant"])
    lead.is_tagged("lead-follow-up", "reached")
    lead.got(LEAD, "skin-doctor", "doctor-answers")
    assert lead.way(LEAD) == [
        ("", "entered"),
        ("which doctor", "took"),
        ("skin doctor", "requested"),
        ("72 hours", "waiting"),
        ("72 hours", "elapsed"),
        ("consultant", "waiting"),
        ("consultant", "happened"),
        ("note reached", "acted"),
        ("answers", "requested"),
        ("a week to decide", "waiting"),
        ("a week to decide", "elapsed"),
    ]

    skin.ends(WAKE, "completed", heard=["what next"])
    skin.got(WAKE, "half-year-question", "half-year-skin")
    assert skin.way(WAKE)[1:] == [
        ("what next", "waiting"),
        ("what next", "happened"),
        ("skin offer", "requested"),
    ]
    contour.tasks(WAKE, "consultants")
    contour.ends(WAKE, "completed", heard=["what next"])
    contour.got(WAKE, "half-year-question")
    assert contour.way(WAKE)[-1] == ("up-sell", "timed_out")
    silent.ends(WAKE, "completed")
    silent.got(WAKE, "half-year-question", "half-year-reminder")
    assert silent.way(WAKE)[-2:] == [("what next", "timed_out"), ("reminder", "requested")]
