"""`rapport broadcast` asks the API and says what it answers, in English and Chinese."""

import pytest

from functions.manage_workspace import handler
from shared.domain.broadcasts.model import Part, Tried, Verdict, Wave
from tests.conftest import NOON

DEFINITIONS = """\
kind: segment
segment_id: buyers
title: B
condition: {type: event, event: buy}
---
kind: template
template_id: hello
channel: email
subject: Hello
html: <p>Hello</p>
---
kind: journey
journey_id: news
title: News
clock: due_index
entry: {type: call}
goal: {event: paid, within: P7D}
steps:
  - type: experiment
    name: which
    variants: [{name: plain, control: true}, {name: emoji}]
  - {type: send, name: mail, template_id: hello}
publish: true
"""
START = ("broadcast", "start", "news", "--segment", "buyers", "--id", "b1")


@pytest.fixture
def shop(rapport, written):
    said = rapport("apply", written(DEFINITIONS))
    assert said.code == 0, said
    return rapport


def desk():
    return handler.wiring().ports.broadcasting


def test_a_broadcast_is_started_listed_and_shown(shop):
    assert "no broadcast" in shop("broadcast", "list").out
    said = shop(*START, "--rate", "50", "--local-hour", "20:00", "--at", "2026-12-24T10:00:00Z")
    assert said.code == 0, said
    assert said.out.splitlines()[0] == "b1: running, journey news"
    assert "at most 50 people a minute" in said.out
    assert "everybody at 20:00 by their own clock" in said.out
    assert "found out at 2026-12-24T10:00:00.000Z" in said.out
    again = shop(*START, "--rate", "50", "--local-hour", "20:00", "--at", "2026-12-24T10:00:00Z")
    assert again.out.startswith("it was asked for before")
    listed = shop("broadcast", "list").out
    assert all(word in listed for word in ("b1", "news", "buyers", "running"))


def test_progress_waves_and_variants_are_shown_in_both_languages(shop):
    assert shop(*START, "--sample", "0.1", "--decide-after", "PT2H", "--least", "1").code == 0
    one = desk().store.load("default", "b1")
    waves = (Wave("sample", "", NOON, 3), Wave("rest", "", None, 27))
    desk().store.gathered("default", "b1", "f", NOON, waves)
    desk().parts.move("default", one, (0, 0), Part(), Part(2, 2, NOON, left=1))

    said = shop("broadcast", "show", "b1").out
    assert "2 of 30 people asked" in said
    assert "1 of these were left out" in said
    assert "next is person 3 of batch 1 in wave 1" in said
    assert "when decided" in said
    chinese = shop("--lang", "zh", "broadcast", "show", "b1").out
    assert "30 人中已处理 2 人" in chinese
    assert "样本" in chinese

    tried = (Tried("plain", True, 2, 0), Tried("emoji", False, 1, 1))
    desk().store.decided("default", "b1", Verdict("emoji", "won", tried, NOON), waves)
    said = shop("broadcast", "show", "b1").out
    assert "emoji won" in said
    assert "100.00%" in said


def test_a_broadcast_is_paused_resumed_and_cancelled(shop):
    shop(*START)
    for command, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert shop("broadcast", command, "b1").out.startswith(f"b1: {state}")
    refused = shop("broadcast", "resume", "b1")
    assert (refused.code, "cancelled" in refused.err) == (1, True)


def test_a_reason_comes_with_what_to_do(shop):
    shop(*START)
    desk().store.stop("default", "b1", "paused", "the journey is paused")
    said = shop("broadcast", "show", "b1").out
    assert "the journey is paused: once the cause is gone, rapport broadcast resume b1" in said


def test_whom_to_ask_must_be_said_once(shop, written):
    for whom in ((), ("--segment", "buyers", "--list", "vip")):
        said = shop("broadcast", "start", "news", *whom)
        assert (said.code, "one of --segment" in said.err) == (1, True)
    condition = written("{type: event, event: buy}\n", "c.yaml")
    assert shop("broadcast", "start", "news", "--condition", condition).code == 0
