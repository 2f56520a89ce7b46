"""Texts with links as long as those that go out, wherever segments are counted before that."""

import pytest

from shared.domain.messages.as_sent import API_URL, as_sent
from shared.domain.messages.dress import Dress
from shared.domain.messages.handover import EmailContent, SmsContent
from shared.domain.messages.links import Ref, read
from shared.domain.messages.lint import lint
from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.sms import measure
from shared.domain.workspace.purposes import PURPOSES

IDS = "9f8c2f0a6d1b4e57a3c0d2e4f6a8b0c1", "3a1f9e0c5b7d42869c1e0f2a4b6d8c7e"
TEXT = SmsContent("退订 rapport:unsubscribe 选择 rapport:preferences 好 rapport:answer/nps/5")


def key_of(purpose: str, workspace_id: str) -> bytes:
    return b"k" * 32


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize(
    ("workspace_id", "topic"), [("default", ""), ("shop-in-the-north", "sale")]
)
@pytest.mark.parametrize("base", ["https://l.cn", "https://l.cn/", ""])
def test_it_is_as_long_as_what_goes_out(purpose, workspace_id, topic, base):
    told = {"purpose": purpose, "topic": topic}
    sent = Dress(
        base=(base or API_URL).rstrip("/"),
        ref=Ref(workspace_id, *IDS),
        channel="sms",
        tracked=True,
        key_of=key_of,
        **told,
    ).put_on(TEXT)
    before = as_sent(TEXT, base=base, workspace_id=workspace_id, **told)
    assert measure(before.text) == measure(sent.text)
    assert [*map(len, before.text.split())] == [*map(len, sent.text.split())]


def test_its_links_are_good_for_nothing():
    [_, link, *_] = as_sent(TEXT, base="https://l.cn").text.split()
    assert read(link.rpartition("/")[2], key_of) is None


def test_all_else_stays():
    email = EmailContent("s", '<a href="rapport:unsubscribe">x</a>', "rapport:unsubscribe")
    assert as_sent(email) is email
    plain = SmsContent("你好 https://shop.example", code="SMS_1", fields=(("a", "b"),))
    assert as_sent(plain) == plain


def test_what_there_is_to_say_of_a_template_counts_its_links():
    text = "退订 {{ links.unsubscribe }}"
    template = TEMPLATE.validate_python({"template_id": "t", "channel": "sms", "text": text})
    said = {
        base: [str(one.message.en) for one in lint(template, base=base)]
        for base in ("", "https://l.cn")
    }
    assert [one.split(" (")[0] for one in said[""]] == ["it takes 3 segments"]
    assert [one.split(" (")[0] for one in said["https://l.cn"]] == ["it takes 2 segments"]
