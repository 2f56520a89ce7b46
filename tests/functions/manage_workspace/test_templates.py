"""Templates over the API: versions, blocks, what there is to say, and how they look."""

import pytest

from functions.manage_workspace import handler
from shared.aws.catalog import CatalogReader

LEAVE = '<a href="{{ links.unsubscribe }}">Leave</a>'
FOOT = {"html": f"<p>Foot</p>{LEAVE}"}
EMAIL = {"channel": "email", "subject": "Hello", "html": "<p>Hello</p>{% render 'foot' %}"}
JOURNEY = {
    "title": "Thanks",
    "purpose": "transactional",
    "entry": {"type": "event", "event": "paid"},
    "steps": [{"type": "send", "name": "thank", "template_id": "hello"}],
}


@pytest.fixture
def sent(dynamodb, catalog_table):
    """What dispatch reads of a template."""
    return lambda version=0: CatalogReader(
        dynamodb, catalog_table, ttl_seconds=0
    ).published_template("default", "hello", version)


def codes(findings):
    return [one["code"] for one in findings]


def test_another_text_of_a_block_is_a_new_version_of_what_shows_it(api, sent):
    assert api.put("/templates/hello", EMAIL).status == 400
    assert api.put("/blocks/foot", FOOT).body["templates"] == []
    assert api.put("/templates/hello", EMAIL).body["version"] == 1
    assert sent().template.html == f"<p>Hello</p><p>Foot</p>{LEAVE}"

    changed = api.put("/blocks/foot", {"html": "<p>New</p>"})

    assert (changed.body["outcome"], changed.body["templates"]) == ("updated", ["hello"])
    assert (sent().template.html, sent().version) == ("<p>Hello</p><p>New</p>", 2)
    assert sent(1).template.html == f"<p>Hello</p><p>Foot</p>{LEAVE}"
    assert api.get("/templates/hello").body["template"]["html"] == EMAIL["html"]
    assert api.put("/blocks/foot", {"html": "<p>New</p>"}).body["outcome"] == "unchanged"
    assert api.put("/templates/hello", EMAIL).body["outcome"] == "unchanged"
    assert sent().version == 2


def test_a_block_that_would_break_a_template_is_refused(api, sent):
    api.put("/blocks/foot", FOOT)
    api.put("/templates/hello", EMAIL)

    for body in ({"text": "no HTML"}, {"html": "{% if %}"}, {"html": "{{ nobody.x }}"},
                 {"html": "{% render 'foot' %}"}):  # fmt: skip
        assert api.put("/blocks/foot", body).status == 400, body
    assert api("DELETE", "/blocks/foot").status == 400
    assert sent().version == 1


def test_the_history_says_what_changed(api):
    api.put("/blocks/foot", FOOT)
    api.put("/templates/hello", EMAIL)
    api.put("/templates/hello", {**EMAIL, "subject": "Hi", "topic": "news"})
    api.put("/blocks/foot", {"html": "<p>New</p>"})

    told = api.get("/templates/hello/versions").body["versions"]

    assert [(one["version"], sorted(one["changed"])) for one in told] == [
        (3, ["blocks"]),
        (2, ["subject", "topic"]),
        (1, []),
    ]
    assert api.get("/templates/hello", version="1").body["template"]["subject"] == "Hello"
    assert api.get("/templates/hello", version="4").status == 400


def test_mjml_is_html_when_it_is_sent(api, sent):
    column = "<mj-column><mj-text>{}</mj-text></mj-column>"
    page = f"<mjml><mj-body><mj-section>{column}</mj-section></mj-body></mjml>"
    mail = {"channel": "email", "subject": "Hello", "mjml": page.format("Dear {{ profile.name }}")}

    assert api.put("/templates/hello", mail).body["template"]["mjml"] == mail["mjml"]

    assert "Dear {{ profile.name }}</div>" in sent().template.html
    assert not sent().template.mjml
    assert api.put("/templates/hello", {**mail, "mjml": "<p>none</p>"}).status == 400


def test_a_journey_can_stay_with_a_version(api):
    api.put("/blocks/foot", FOOT)
    api.put("/templates/hello", EMAIL)
    pinned = {**JOURNEY, "template_versions": {"hello": 1}}

    assert codes(api.post("/journeys/check", {**pinned, "journey_id": "t"}).body["findings"]) == [
        "no_sender"
    ]
    unknown = {**JOURNEY, "journey_id": "t", "template_versions": {"hello": 2}}
    assert "template_version_unknown" in codes(
        api.post("/journeys/check", unknown).body["findings"]
    )


def test_a_template_is_looked_over_before_it_is_saved(api):
    told = api.post(
        "/templates/check",
        {"template_id": "x", "channel": "email", "subject": "{{ profile.a }}", "html": "<img>"},
    ).body
    assert told["savable"]
    assert set(codes(told["findings"])) == {
        "variable_without_default", "image_without_alt", "no_unsubscribe", "no_text_part",
    }  # fmt: skip
    broken = api.post(
        "/templates/check",
        {"template_id": "x", "channel": "email", "subject": "x", "html": "{% render 'none' %}"},
    ).body
    assert (broken["savable"], codes(broken["findings"])) == (False, ["template_broken"])


def test_a_preview_is_what_the_person_would_see(api, ada):
    text = {
        "channel": "sms",
        "text": "Hello {{ profile.city | default: 'friend' }}, {{ entry.total }}",
        "languages": {"zh": {"text": "你好 {{ entry.total }}"}},
    }
    api.put("/templates/note", text)

    told = api.post("/templates/note/preview", {"values": {"total": 5}}).body
    assert (told["shown"]["text"], told["language"], told["version"]) == ("Hello friend, 5", "", 1)
    assert told["segments"] == {"encoding": "gsm7", "units": 15, "segments": 1}

    api.put("/settings", {"public_url": "https://l.example.cn"})
    leave = {**text, "template_id": "note", "text": "退订 {{ links.unsubscribe }}", "languages": {}}
    told = api.post("/templates/note/preview", {"template": leave}).body
    assert told["shown"]["text"] == "退订 rapport:unsubscribe"
    assert told["segments"]["segments"] == 2  # with the link as long as it goes out
    assert "sms_of_several_segments" in codes(told["findings"])
    checked = api.post("/templates/check", leave).body
    assert "sms_of_several_segments" in codes(checked["findings"])

    chinese = api.post("/templates/note/preview", {"values": {"total": 5}, "language": "zh-HK"})
    assert (chinese.body["shown"]["text"], chinese.body["language"]) == ("你好 5", "zh")

    lacking = api.post("/templates/note/preview", {}).body
    assert lacking["shown"] is None
    assert "entry.total is not known" in lacking["problem"]

    draft = {**text, "template_id": "note", "text": "Draft", "languages": {}}
    drafted = api.post("/templates/note/preview", {"template": draft}).body
    assert (drafted["shown"]["text"], drafted["version"]) == ("Draft", 0)
    hers = {"values": {"total": 5}, "kind": "user_id", "value": "ada"}
    assert api.post("/templates/note/preview", hers).body["shown"]["text"] == "Hello 上海, 5"
    stranger = {"kind": "user_id", "value": "bob"}
    assert api.post("/templates/note/preview", stranger).status == 404


def test_a_test_is_handed_to_dispatch_as_it_is_sent(api):
    api.put("/blocks/foot", FOOT)
    api.put("/templates/hello", EMAIL)
    told = []

    def send(asked):
        told.append(asked)
        return {"sent": [{"to": to, "became": "accepted", "detail": "ses 1"} for to in asked["to"]]}

    object.__setattr__(handler.wiring().ports, "send_test", send)

    answer = api.post("/templates/hello/test", {"to": ["me@example.com"], "values": {"a": 1}})

    assert answer.body["sent"][0]["became"] == "accepted"
    [asked] = told
    assert asked["template"]["html"] == f"<p>Hello</p><p>Foot</p>{LEAVE}"
    assert asked["request"]["values"] == {"a": 1}
    many = [f"me{n}@example.com" for n in range(6)]
    assert api.post("/templates/hello/test", {"to": many}).status == 400
    assert len(told) == 1
