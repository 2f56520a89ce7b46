"""S26: before, during and after class; after a trial; high potential; a churn warning."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
CLASS, TRIAL, HIGH, WARNING = (
    "class-companion",
    "trial-follow-up",
    "high-potential",
    "study-warning",
)


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("education"), day=4):
        yield


def test_students_are_with_the_right_person_at_the_right_time(person, admin):
    now = datetime.now(UTC)
    diligent, absent = (person(next_class=f"{now + timedelta(days=3):%Y-%m-%d}") for _ in range(2))
    pleased, doubtful, asleep, awake = (person() for _ in range(4))
    for each in (asleep, awake):
        each.does("course_bought", at=now - timedelta(days=40))
        each.does("lesson_watched", at=now - timedelta(days=20))
    for each in (diligent, absent):
        each.does("class_booked")
    for each in (pleased, doubtful):
        each.does("trial_finished")
    awake.stands(WARNING, "class teacher")
    awake.does("lesson_watched")
    for each, said in ((pleased, "great"), (doubtful, "so-so")):
        each.stands(TRIAL, "how was it")
        each.does("feedback_given", question="trial", answer=said)
    pleased.stands(TRIAL, "advisor")
    for task in pleased.tasks(TRIAL, "course-advisors"):
        assert task["title"].startswith("The trial was great")
        admin.call("POST", f"/tasks/{task['task_id']}/done")
    diligent.stands(CLASS, "comes to class")
    diligent.does("class_attended")
    diligent.stands(CLASS, "hands it in")
    diligent.does("homework_done")

    diligent.ends(CLASS, "completed", heard=["comes to class", "hands it in"])
    diligent.got(CLASS, "class-prepare", "class-today", "class-homework")
    diligent.rewarded(CLASS, {"points": 50})
    assert [one for one in diligent.way(CLASS) if one[1] in ("elapsed", "happened")] == [
        ("evening before", "elapsed"),
        ("on the day", "elapsed"),
        ("comes to class", "happened"),
        ("hands it in", "happened"),
    ]
    dues = [entry["due"][:16] for entry in diligent.runs(CLASS)[0]["trace"] if entry.get("due")]
    class_day, eve = (now + timedelta(days=3)).date(), (now + timedelta(days=2)).date()
    assert dues[:2] == [f"{eve}T18:00", f"{class_day}T08:00"]
    absent.tasks(CLASS, "class-teachers")
    absent.ends(CLASS, "completed")
    absent.got(CLASS, "class-prepare", "class-today")
    assert absent.way(CLASS)[-1] == ("missed", "timed_out")

    pleased.ends(TRIAL, "completed", heard=["how was it", "advisor"])
    assert pleased.way(TRIAL)[-1] == ("advisor", "happened")
    for _ in range(5):
        pleased.does("lesson_watched")
    pleased.is_tagged("study-potential", "high")
    pleased.stands(HIGH, "plan")
    for task in pleased.tasks(HIGH, "course-advisors"):
        admin.call("POST", f"/tasks/{task['task_id']}/done")
    pleased.ends(HIGH, "completed", heard=["plan"])
    pleased.got(HIGH, "study-plan")
    assert pleased.way(HIGH)[-1] == ("plan mail", "requested")
    doubtful.ends(TRIAL, "completed", heard=["how was it"])
    doubtful.got(TRIAL, "trial-question", "trial-other-course")
    assert doubtful.way(TRIAL)[-1] == ("other course", "requested")
    assert doubtful.runs(HIGH) == [None, None]

    awake.ends(WARNING, "exited", "lesson_watched", heard=["class teacher"])
    asleep.ends(WARNING, "completed")
    asleep.is_tagged("study-care", "offer")
    asleep.rewarded(WARNING, {"coupon": "come-back-50"})
    asleep.got(WARNING, "study-come-back")
    assert asleep.way(WARNING)[-1] == ("offer mail", "requested")
    assert awake.tag("study-care") == [None, None]
