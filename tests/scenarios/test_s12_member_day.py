"""S12: member day over several channels, each only for those who have not acted by then."""

import pytest

from tests.scenarios.channels import Chat, use_providers
from tests.scenarios.playbooks import documents_of
from tests.scenarios.two_clocks import WORLDS

pytestmark = pytest.mark.stack
MESSAGES = (
    *("member-day-warm-up", "member-day-opening", "member-day-half-time", "member-day-last-day"),
)


@pytest.fixture(scope="module", autouse=True)
def playbook(play, stack, admin):
    use_providers(stack, admin)
    with play(documents_of("member-day"), day=7):
        yield


def test_whoever_has_acted_hears_nothing_more_by_any_channel(person, admin, stack):
    refused = [*stack.providers.outbox.refused]  # by whoever was here before
    chats = [Chat(stack, person()) for _ in range(3)]
    never, early, opened = (chat.person for chat in chats)
    called = person()
    chats[0].writes("会员日是什么时候？")
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

    early.ends("member-day", "exited", "member_day_joined", heard=["until it opens"])
    assert early.messages("member-day") == [*MESSAGES[:1]]
    assert early.way("member-day")[-1] == ("until it opens", "exit_rule")
    opened.ends("member-day", "exited", "order_completed", heard=["until half-time"])
    assert opened.messages("member-day") == [*MESSAGES[:2]]
    assert opened.way("member-day")[-2:] == [
        ("until half-time", "goal"),
        ("until half-time", "exit_rule"),
    ]

    never.tasks("member-day", "store-advisors")
    never.ends("member-day", "completed")
    never.got("member-day", *MESSAGES)
    assert never.way("member-day")[-1] == ("personal reminder", "timed_out")
    # One message by each clock: texts, then popups, then answers in the chat, then words that an
    # employee lets go.
    assert [len(each.texts()) for each in (never, early, opened)] == [2, 2, 2]
    assert [len(each.mail()) for each in (never, early, opened)] == [0, 0, 0]
    assert [one.provider for one in chats[0].shown()] == ["wechat", "wechat"]
    assert [len(chat.tasks()) for chat in chats] == [2, 0, 0]
    stack.providers.wecom.confirm(chats[0].tasks()[0].task_id)
    assert chats[0].shown()[-1].provider == "wecom"
    assert stack.providers.outbox.refused == refused
    mine = never.profile()["profile_id"]
    popups = [one for one in stack.outbox() if (one["provider"], one["to"]) == ("web", mine)]
    assert [one["title"] for one in popups] == ["Member day is open 会员日已开启"] * 2
    assert called.runs("member-day") == [None, None]
    theirs = {each.profile()["profile_id"] for each in (early, opened, called)}
    told = admin.call("GET", "/tasks?to=store-advisors&limit=200")["tasks"]
    assert [task for task in told if task["profile_id"] in theirs] == []
