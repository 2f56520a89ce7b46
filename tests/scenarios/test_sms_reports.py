"""A text message by Alibaba Cloud, and what the cloud tells of it at an address with a token."""

from uuid import uuid4

import httpx
import pytest

from infra.local.providers.shown import TEXTS_TOKEN

pytestmark = pytest.mark.stack


@pytest.fixture
def cloud(stack, admin):
    """Alibaba Cloud carries out text messages; afterwards SNS does again."""
    provider = {"type": "aliyun", "sign_name": "shop", "secret_arn": stack.provider_secret}
    admin.call("PUT", "/providers/sms", provider)
    yield stack.providers.sms
    admin.call("DELETE", "/providers/sms")


def test_what_became_of_a_text_message_comes_back(stack, admin, person, cloud):
    name = f"code-{uuid4().hex[:8]}"
    text = {"kind": "template", "template_id": name, "channel": "sms", "text": "your code"}
    journey = {
        "kind": "journey",
        "journey_id": name,
        "title": "A code",
        "purpose": "transactional",
        "clock": "due_index",
        "entry": {"type": "event", "event": name},
        "steps": [{"type": "send", "name": "code", "template_id": name}],
    }
    before = admin.call("GET", "/settings")["settings"]
    admin.call("PUT", "/settings", {**before, "rehearsal": True})
    admin.apply({**text, "code": "SMS_1", "fields": {"code": "1234"}}, journey)
    someone = person()
    someone.does(name)
    admin.until(lambda: someone.events("$message_sent", template_id=name))
    (taken,) = [one for one in cloud.taken if one.number == someone.phone.removeprefix("+")]

    url = f"{stack.api_url}/v1/callbacks/default/sms"
    body = cloud.report(taken)
    assert httpx.post(f"{url}/{TEXTS_TOKEN}x", content=body, timeout=60).status_code == 404
    for _ in range(2):  # clouds repeat what was not answered at once
        answer = httpx.post(f"{url}/{TEXTS_TOKEN}", content=body, timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (200, 0)
    admin.until(lambda: someone.events("$message_delivered", template_id=name))
    assert len(someone.events("$message_delivered")) == 1
    admin.call("POST", f"/journeys/{name}/pause")
    admin.call("PUT", "/settings", before)
