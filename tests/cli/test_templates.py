"""`rapport template`: what there is to say, what they were, how they look, and one to oneself."""

from functions.manage_workspace import handler

DOCUMENTS = """
kind: block
block_id: foot
html: <p>{% render "leave" %}</p>
---
kind: block
block_id: leave
html: <a href="{{ links.unsubscribe }}">Leave</a>
---
kind: template
template_id: hello
channel: email
subject: Hello {{ profile.first_name | default:"friend" }}
html: |
  <p>{{ entry.total | default:"nothing" }}</p>{% render "foot" %}
"""


def test_blocks_come_before_what_shows_them(rapport, tmp_path):
    file = tmp_path / "mail.yaml"
    file.write_text(DOCUMENTS)

    said = rapport("apply", str(file))

    assert said.code == 0, said.out
    assert said.out.index("leave") < said.out.index("foot") < said.out.index("hello")


def test_a_file_and_the_deployment_say_the_same(rapport, tmp_path):
    file = tmp_path / "mail.yaml"
    file.write_text(DOCUMENTS.replace("links.unsubscribe", "links.preferences"))
    assert rapport("template", "check", str(file)).out == "hello: nothing to say\n"
    assert rapport.gateway.requests == []
    rapport("apply", str(file))
    assert rapport("template", "check", "hello").out == "hello: nothing to say\n"

    file.write_text(DOCUMENTS.replace('"leave"', '"none"'))
    said = rapport("template", "check", str(file))
    assert (said.code, "template_broken" in said.out) == (1, True)
    assert 'no block "none"' in said.out


def test_a_preview_shows_the_message_and_what_it_lacks(rapport, tmp_path):
    file = tmp_path / "mail.yaml"
    file.write_text(DOCUMENTS)
    rapport("apply", str(file))

    page = tmp_path / "page.html"
    said = rapport("template", "preview", "hello", "--value", "total=5", "--html", str(page))

    assert said.code == 0
    assert "email · version 1" in said.out
    assert "subject: Hello friend" in said.out
    assert page.read_text().startswith("<p>5</p>")
    file.write_text(DOCUMENTS.replace('entry.total | default:"nothing"', "entry.total"))
    draft = rapport("template", "preview", "hello", "--draft", str(file))
    assert (draft.code, "entry.total is not known" in draft.out) == (1, True)


def test_the_history_tells_versions(rapport, tmp_path):
    file = tmp_path / "mail.yaml"
    for text in (DOCUMENTS, DOCUMENTS.replace("Hello", "Hi")):
        file.write_text(text)
        rapport("apply", str(file))

    lines = rapport("template", "history", "hello").out.splitlines()

    assert [line.split()[0] for line in lines] == ["version", "2", "1"]
    assert lines[1].endswith("subject")


def test_a_test_says_what_became_of_it(rapport, tmp_path):
    file = tmp_path / "mail.yaml"
    file.write_text(DOCUMENTS)
    rapport("apply", str(file))
    told = {"to": "me@example.com", "became": "not_taken", "detail": "busy"}
    object.__setattr__(handler.wiring().ports, "send_test", lambda asked: {"sent": [told]})

    said = rapport("template", "test", "hello", "--to", "me@example.com")

    assert (said.code, said.out) == (1, "me@example.com: not taken (busy)\n")
