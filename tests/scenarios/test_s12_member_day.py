"""S12: member day over several channels, each only for those who have not acted by then."""

import pytest

from tests.scenarios.playbooks import WORLDS, documents_of

pytestmark = pytest.mark.stack
MESSAGES = ("member-day-warm-up", "member-day-opening", "member-day-half-time")


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("member-day"), day=7):
        yield


def test_whoever_has_acted_hears_nothing_more_by_any_channel(person, admin):
    never, early, opened, called = (person() for _ in range(4))
    everybody = (never, early, opened)
    for world in WORLDS:
        admin.call(
            "POST",
            f"/journeys/member-day{world}/calls",
            {"people": [{"kind": "user_id", "value": each.user_id} for each in everybody]},
        )
    early.stands("member-day", "until it opens")
    early.got("member-day", *MESSAGES[:1])
    early.does("member_day_joined")
    opened.stands("member-day", "until half-time")
    opened.got("member-day", *MESSAGES[:2])
    opened.does("order_completed")

    early.ends("member-day", "exited", "member_day_joined")
    assert early.messages("member-day") == [*MESSAGES[:1]]
    assert early.way("member-day")[-1] == ("until it opens", "exit_rule")
    opened.ends("member-day", "exited", "order_completed")
    assert opened.messages("member-day") == [*MESSAGES[:2]]
    assert opened.way("member-day")[-2:] == [
        ("until half-time", "goal"),
        ("until half-time", "exit_rule"),
    ]

    never.tasks("member-day", "store-advisors")
    never.ends("member-day", "completed")
    never.got("member-day", *MESSAGES)
    assert never.way("member-day")[-1] == ("personal reminder", "timed_out")
    assert (len(never.texts()), len(never.mail())) == (2, 4)
    assert (len(opened.texts()), len(opened.mail())) == (2, 2)
    assert (len(early.texts()), len(early.mail())) == (2, 0)
    assert called.runs("member-day") == [None, None]
    theirs = {each.profile()["profile_id"] for each in (early, opened, called)}
    told = admin.call("GET", "/tasks?to=store-advisors")["tasks"]
    assert [task for task in told if task["profile_id"] in theirs] == []
