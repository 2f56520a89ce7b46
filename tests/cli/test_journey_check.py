"""What is said of journeys before launch: the same list for files here and for what is deployed."""

import pytest

TEMPLATE = """
kind: template
template_id: cart
channel: email
topic: news
subject: Your cart
html: |
  <p>Dear {{ profile.first_name | default:"you" }}</p>
  <p><a href="{{ links.unsubscribe }}">Leave</a></p>
"""
SETTINGS = "kind: settings\nemail_from: shop@example.com\n"
JOURNEY = """
kind: journey
journey_id: reminder
title: Reminder
topic: news
entry: {type: event, event: cart}
exit_on: [{event: cart}]
steps:
  - {type: send, name: remind, template_id: cart}
  - {type: wait, name: linger, duration: P3D}
"""
WORKSPACE = "---".join((SETTINGS, TEMPLATE, JOURNEY))


def told(out):
    return [line.rsplit("  [")[1].strip("]") for line in out.splitlines() if "  [" in line]


def test_a_file_is_checked_without_a_deployment(rapport, written):
    said = rapport("journey", "check", written(WORKSPACE))
    assert (said.code, told(said.out)) == (0, ["wait_before_end", "exit_is_entry"])
    assert rapport.gateway.requests == []


def test_words_are_there_in_either_language(rapport, written):
    assert (
        "what begins this journey also ends it"
        in rapport("journey", "check", written(WORKSPACE)).out
    )
    assert "退出条件" in rapport("--lang", "zh", "journey", "check", written(WORKSPACE)).out


def test_a_file_the_deployment_and_publishing_say_the_same(rapport, written):
    file = written(WORKSPACE)
    offline = rapport("journey", "check", file).out
    assert rapport("apply", file).code == 0
    assert rapport("journey", "check", "reminder").out == offline
    assert rapport("journey", "check", "--deployed", file).out == offline
    assert told(rapport("journey", "publish", "reminder").out) == told(offline)


def test_applying_shows_the_warnings_of_what_it_publishes(rapport, written):
    published = WORKSPACE.replace("kind: journey\n", "kind: journey\npublish: true\n")
    said = rapport("apply", written(published))
    assert (said.code, told(said.out)) == (0, ["wait_before_end", "exit_is_entry"])


@pytest.mark.parametrize("options", [(), ("--deployed",)])
def test_an_error_ends_with_a_code_and_its_place(rapport, written, options):
    rapport("apply", written(SETTINGS + "---" + TEMPLATE))
    wrong = WORKSPACE.replace("name: remind,", "name: remind, next: nowhere,")
    said = rapport("journey", "check", *options, written(wrong))
    assert said.code == 1
    assert 'steps[0].next: there is no step "nowhere"  [unknown_step]' in said.out


def test_what_is_not_among_the_files_is_a_warning_here_and_an_error_there(rapport, written):
    file = written(JOURNEY)
    here = rapport("journey", "check", file)
    assert (here.code, told(here.out)[0]) == (0, "unknown_template")
    there = rapport("journey", "check", "--deployed", file)
    assert (there.code, told(there.out)[0]) == (1, "unknown_template")


def test_files_without_a_journey_are_refused(rapport, written):
    said = rapport("journey", "check", written(TEMPLATE))
    assert (said.code, said.err) == (1, "rapport: there is no journey in these files\n")
