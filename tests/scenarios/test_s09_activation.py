"""S09: WeChat welcome at sign-up, coupon by text on day 3, WeCom task for sales after a week."""

import pytest

from tests.scenarios.channels import Chat, use_providers
from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
ALL = ("activation-welcome", "activation-coupon", "activation-hello")


@pytest.fixture(scope="module", autouse=True)
def playbook(play, stack, admin):
    use_providers(stack, admin)
    with play(documents_of("activation"), day=5):
        yield


def test_without_an_order_come_coupon_and_task_and_nobody_forgets_the_task(person, admin, stack):
    refused = [*stack.providers.outbox.refused]  # by whoever was here before
    chats = [Chat(stack, person()) for _ in range(3)]
    buyer, reached, late = (chat.person for chat in chats)
    wanted = person()  # of whom only the email is known
    for each in (buyer, reached, late, wanted):
        each.does("signed_up")
    buyer.stands("activation", "three days")
    buyer.got("activation", "activation-welcome")
    buyer.does("order_completed")

    buyer.ends("activation", "exited", "order_completed", heard=["three days"])
    assert buyer.messages("activation") == ["activation-welcome"]
    assert buyer.way("activation")[-2:] == [("three days", "goal"), ("three days", "exit_rule")]

    for each in (reached, wanted):
        each.stands("activation", "personal contact")
    for task in reached.tasks("activation", "sales"):
        assert task["title"].startswith("Say hello in person")
        assert not task["escalated"]
        done = admin.call("POST", f"/tasks/{task['task_id']}/done")
        assert done["task"]["task_id"] == task["task_id"]
    wanted.tasks("activation", "sales")
    wanted.does("order_completed")
    reached.ends("activation", "completed", heard=["personal contact"])
    reached.got("activation", *ALL)
    reached.is_tagged("activation-contact", "reached")
    assert reached.way("activation")[-3:] == [
        ("personal contact", "waiting"),
        ("personal contact", "happened"),
        ("note contact", "acted"),
    ]
    assert len(reached.events("$task_done")) == 2

    wanted.ends("activation", "exited", "order_completed", heard=["personal contact"])
    assert wanted.messages("activation") == ["activation-welcome-mail", "activation-coupon"]
    assert wanted.tag("activation-contact") == [None, None]

    late.ends("activation", "completed")
    late.got("activation", *ALL)
    late.rewarded("activation", {"coupon": "new-customer-20"})
    late.is_tagged("activation-contact", "overdue")
    assert all(task["escalated"] for task in late.tasks("activation", "sales-lead"))
    assert late.way("activation")[-2:] == [
        ("personal contact", "timed_out"),
        ("note overdue", "acted"),
    ]
    assert sum("NEW20" in text for text in late.texts()) == 2
    assert buyer.texts() == []
    assert [one.provider for one in chats[0].shown()] == ["wechat"] * 2
    assert chats[0].tasks() == []
    # Nothing reaches a customer in WeCom before an employee confirms it, and one message a day.
    first, second = chats[1].tasks()
    assert [one.provider for one in chats[1].shown()] == ["wechat"] * 2
    stack.providers.wecom.confirm(first.task_id)
    stack.providers.wecom.confirm(second.task_id)
    assert [one.provider for one in chats[1].shown()] == ["wechat", "wechat", "wecom"]
    assert stack.providers.outbox.refused == refused
    mine = reached.profile()["profile_id"]
    open_ones = admin.call("GET", "/tasks?limit=200")["tasks"]
    assert [task for task in open_ones if task["profile_id"] == mine] == []
