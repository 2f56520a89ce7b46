"""S09: welcome at sign-up, a coupon by text on day 3, a task for sales after a week."""

import pytest

from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
ALL = ("activation-welcome", "activation-coupon")


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("activation"), day=5):
        yield


def test_without_an_order_come_coupon_and_task_and_nobody_forgets_the_task(person, admin):
    buyer, reached, late, wanted = (person() for _ in range(4))
    for each in (buyer, reached, late, wanted):
        each.does("signed_up")
    buyer.stands("activation", "three days")
    buyer.got("activation", "activation-welcome")
    buyer.does("order_completed")

    buyer.ends("activation", "exited", "order_completed")
    assert buyer.messages("activation") == ["activation-welcome"]
    assert buyer.way("activation")[-2:] == [("three days", "goal"), ("three days", "exit_rule")]

    for task in reached.tasks("activation", "sales"):
        assert task["title"].startswith("Say hello in person")
        assert not task["escalated"]
        done = admin.call("POST", f"/tasks/{task['task_id']}/done")
        assert done["task"]["task_id"] == task["task_id"]
    wanted.tasks("activation", "sales")
    wanted.does("order_completed")
    reached.ends("activation", "completed")
    reached.got("activation", *ALL)
    reached.is_tagged("activation-contact", "reached")
    assert reached.way("activation")[-3:] == [
        ("personal contact", "waiting"),
        ("personal contact", "happened"),
        ("note contact", "acted"),
    ]
    assert len(reached.events("$task_done")) == 2

    wanted.ends("activation", "exited", "order_completed")
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
    mine = reached.profile()["profile_id"]
    open_ones = admin.call("GET", "/tasks")["tasks"]
    assert [task for task in open_ones if task["profile_id"] == mine] == []
