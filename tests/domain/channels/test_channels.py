"""Every channel keeps the same skeleton, and refuses what its providers would refuse."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.channels.base import with_texts
from shared.domain.channels.catalog import ADDRESSES, TEMPLATE, AnyTemplate, Content
from shared.domain.messages.addresses import belongs_to_nobody, can_rehearse, is_valid
from shared.domain.messages.channels import CHANNELS
from shared.domain.messages.render import check, render
from shared.errors import InvalidInputError

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
ADA: dict[str, Any] = {"profile": {"name": "Ada", "long": "长" * 5_000, "bad": "javascript:a()"}}
FIELDS = {"thing1": "{{ profile.name }}", "time2": "12:00"}

TEMPLATES: dict[str, dict[str, Any]] = {
    "email": {"subject": "Hi {{ profile.name }}", "html": "<p>{{ profile.name }}</p>"},
    "sms": {"text": "Hi {{ profile.name }}", "code": "SMS_1", "fields": FIELDS},
    "push": {"headline": "Hi", "text": "{{ profile.name }}", "link": "app://a/{{ profile.name }}"},
    "wechat": {"form": "service", "text": "Hi {{ profile.name }}"},
    "wecom": {"form": "customer_task", "text": "Hi {{ profile.name }}"},
    "miniprogram": {"code": "T-1", "fields": FIELDS, "page": "pages/{{ profile.name }}"},
    "inbox": {"headline": "Hi {{ profile.name }}"},
    "web": {"headline": "Hi {{ profile.name }}", "place": "corner"},
    "webhook": {"url": "https://shop.example.com/m", "fields": FIELDS},
}
# Addresses that somebody could have, and those that nobody has.
SOMEBODYS = {
    "email": "ada@shop.cn",
    "sms": "+8613800138000",
    "push": "arn:aws:sns:eu-west-1:123456789012:endpoint/APNS/app/5e3e9847-3183-3f18-a7e8",
    "wechat": "o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
    "wecom": "wmqfasd1e19278asdasAAAAAAAAAAAAA",
    "miniprogram": "oGZUI0egBJY1zhBYw2KhdUfwVJJE",
    "webhook": "https://crm.shop.cn/hook?a=1",
}
NOBODYS = {
    "email": "Ada@Mail.EXAMPLE",
    "sms": "+14255550123",
    "push": "arn:aws:sns:eu-west-1:000000000000:endpoint/APNS/app/5e3e9847-3183-3f18-a7e8",
    "wechat": "nobody-1",
    "wecom": "nobody-1",
    "miniprogram": "nobody-1",
    "webhook": "https://hooks.shop.example.com/a",
}
NONE = {
    "push": ["", "arn:aws:sns:eu-west-1:123456789012:topic", "arn:aws:sqs:eu-west-1:1:endpoint/x"],
    "wechat": ["", "o 1", "open/id" * 3, "o" * 65],
    "wecom": ["", "a b", "x" * 65],
    "webhook": ["http://shop.cn/", "https://127.0.0.1/", "https://localhost/", "https://a b.cn/",
                "https://user@shop.cn/", "https://[::1]/", "https://2130706433/"],
}  # fmt: skip


def template(channel: str, **fields: Any) -> AnyTemplate:
    body = {"template_id": "t", "channel": channel, **TEMPLATES[channel], **fields}
    return TEMPLATE.validate_python(body)


def test_the_catalog_has_every_channel_once():
    assert tuple(ADDRESSES) == CHANNELS == tuple(TEMPLATES)
    named = [get_args(one.model_fields["channel"].annotation) for one in get_args(AnyTemplate)]
    assert named == [(channel,) for channel in CHANNELS]
    assert len(get_args(Content)) == len(CHANNELS)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_template_is_rendered_in_all_its_parts(channel: str):
    made = template(channel)
    check(made)
    content = render(made, ADA, NOW)
    assert isinstance(content, get_args(Content)[CHANNELS.index(channel)])  # type: ignore[arg-type]
    assert "Ada" in str(content)
    assert "{{" not in str(content)
    for part in made.parts():
        assert part.may_be_empty or part.source


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_variable_that_is_not_known_fails_whatever_part_it_is_in(channel: str):
    for part in template(channel).parts():
        name, _, field = part.name.partition(".")
        source: Any = "{{ profile.unknown }}"
        if field:
            source = {**FIELDS, field: source}
        with pytest.raises(InvalidInputError, match="not known"):
            render(template(channel, **{name: source}), ADA, NOW)


@pytest.mark.parametrize(
    ("channel", "fields"),
    [
        ("push", {"link": "{{ profile.bad }}"}),
        ("inbox", {"link": "JavaScript:alert(1)"}),
        ("web", {"image": "data:text/html,x"}),
        ("wecom", {"link": " vbscript:x"}),
        ("push", {"headline": "a\nb"}),
        ("miniprogram", {"fields": {"thing1": "{{ profile.long }}"}}),
        ("miniprogram", {"fields": {"thing1": "x" * 21}}),
        ("wechat", {"text": "{{ profile.long }}"}),
        ("wecom", {"text": "{{ profile.long }}"}),
        ("inbox", {"headline": "{{ profile.long }}"}),
        ("sms", {"fields": {"name": " "}}),
    ],
)
def test_what_a_provider_or_a_person_should_not_get_is_not_rendered(
    channel: str, fields: dict[str, Any]
):
    with pytest.raises(InvalidInputError, match=r"template t, "):
        render(template(channel, **fields), ADA, NOW)


@pytest.mark.parametrize(
    ("channel", "fields"),
    [
        ("wechat", {"form": "template"}),
        ("wechat", {"form": "template", "text": "", "code": "T"}),
        ("wechat", {"form": "service", "code": "T"}),
        ("wechat", {"form": "service", "link": "https://a.cn"}),
        ("miniprogram", {"fields": {}}),
        ("miniprogram", {"fields": {"1thing": "a"}}),
        ("webhook", {"url": "http://shop.cn"}),
        ("inbox", {"days": 0}),
    ],
)
def test_a_template_that_makes_no_sense_is_refused(channel: str, fields: dict[str, Any]):
    with pytest.raises(ValidationError):
        template(channel, **fields)


@pytest.mark.parametrize("channel", list(SOMEBODYS))
def test_whose_an_address_can_be(channel: Any):
    assert is_valid(channel, SOMEBODYS[channel])
    assert not belongs_to_nobody(channel, SOMEBODYS[channel])
    assert is_valid(channel, NOBODYS[channel])
    assert belongs_to_nobody(channel, NOBODYS[channel])
    for text in (*NONE.get(channel, ()), NOBODYS[channel] + "\n", " " + SOMEBODYS[channel]):
        assert not is_valid(channel, text), text


def test_an_inbox_is_rehearsed_with_those_who_are_certainly_nobody():
    for channel in ("inbox", "web"):
        assert can_rehearse(channel, "p1", {"email": "ada@example.com", "phone": "no number"})
        assert not can_rehearse(
            channel, "p1", {"email": "ada@example.com", "phone": "+8613800138000"}
        )
        assert not can_rehearse(channel, "p1", {"email": "ada@shop.cn"})
        assert not can_rehearse(channel, "p1", {})


@given(st.sampled_from(CHANNELS), st.text(max_size=5))
def test_changed_texts_change_everywhere_and_nothing_else_does(channel: str, more: str):
    content = render(template(channel), ADA, NOW)
    changed = with_texts(content, lambda text: text + more)
    assert type(changed) is type(content)
    assert with_texts(changed, lambda text: text.removesuffix(more) if more else text) == content
