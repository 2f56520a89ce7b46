"""Backtests and prices in the terminal: of files here, and of a deployment."""

import json

import pytest

JOURNEY = """
kind: settings
email_from: shop@example.com
---
kind: template
template_id: hello
channel: sms
text: "{{ profile.first_name }}, your cart waits"
---
kind: journey
journey_id: carts
title: Carts
purpose: transactional
entry: {type: event, event: cart}
exit_on: [{event: paid}]
steps:
  - {type: wait, name: a day, duration: P1D}
  - {type: send, name: remind, template_id: hello}
"""
FEW = {"first_name": "Ann", "phone": "+12125550123"}


def lines(*events):
    return "".join(
        json.dumps(
            {
                "user_id": who,
                "message_id": f"{who} {name}",
                "name": name,
                "type": "identify" if more else "track",
                "occurred_at": f"2026-11-{day}T10:00:00.000Z",
                **more,
            }
        )
        + "\n"
        for who, name, day, more in events
    )


EVENTS = lines(
    ("ada", "$identify", "01", {"traits": FEW}),
    ("ada", "cart", "02", {}),
    ("bob", "cart", "02", {}),
    ("bob", "paid", "02", {}),
    ("eve", "cart", "20", {}),
    ("eve", "look", "28", {}),
)


@pytest.fixture
def files(written, tmp_path):
    events = tmp_path / "events.jsonl"
    events.write_text(EVENTS)
    return written(JOURNEY), "--events", str(events)


def report(rapport, *arguments):
    said = rapport("journey", "backtest", *arguments, "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_a_file_of_events_is_replayed_here(rapport, files):
    told = report(rapport, *files)
    assert (told["people"], told["events"], told["enrolments"], told["sent"]) == (3, 6, 3, 1)
    assert {(one["status"], one["reason"]) for one in told["ends"]} == {
        ("completed", "completed"),
        ("exited", "paid"),
    }
    assert [(one["outcome"], one["messages"]) for one in told["messages"]] == [
        ("sent", 1),
        ("no_address", 1),
    ]


def test_a_period_cuts_what_is_looked_at(rapport, files):
    told = report(rapport, *files, "--from", "2026-11-20", "--to", "2026-11-20")
    assert (told["enrolments"], told["inside"]) == (1, 1)


@pytest.mark.parametrize(("language", "word"), [("en", "predict lift"), ("zh", "不预测")])
def test_tables_say_what_they_do_not_tell(rapport, files, language, word):
    said = rapport("--lang", language, "journey", "backtest", *files)
    assert said.code == 0, said.err
    assert word in said.out
    assert "2026-11-03" in said.out


def test_a_price_fails_where_it_can_go_over_the_budget(rapport, written):
    arguments = ("journey", "cost", written(JOURNEY), "--people", "1000", "--trait")
    said = rapport(*arguments, "first_name=Ann", "--budget", "8.20")
    assert said.code == 1
    assert "8.30" in said.out
    assert rapport(*arguments, "first_name=Ann", "--budget", "9").code == 0
    assert rapport(*arguments, "first_name").code == 1


@pytest.mark.parametrize(
    ("budget", "word"),
    [
        ("{amount_minor: 830}", "lasts whatever ways"),
        ("{amount_minor: 829}", "can be used up"),
        ("{amount_minor: 829, per: day}", "in each day"),
    ],
)
def test_a_price_is_held_against_the_journeys_own_budget(rapport, written, budget, word):
    text = JOURNEY.replace("title: Carts", f"title: Carts\nbudget: {budget}")
    arguments = ("journey", "cost", written(text), "--people", "1000")
    said = rapport(*arguments, "--trait", "first_name=Ann")
    assert said.code == 0, said.err
    assert word in " ".join(said.out.split())


def test_what_is_missing_is_said(rapport, written, tmp_path):
    events = tmp_path / "events.jsonl"
    events.write_text('{"name": "cart"}\n')
    said = rapport("journey", "backtest", written(JOURNEY), "--events", str(events))
    assert (said.code, "line 1 is no event" in said.err) == (1, True)
    said = rapport("journey", "backtest", "carts")
    assert (said.code, "--from" in said.err) == (1, True)


def test_a_deployment_is_asked_and_may_be_asked_again(rapport, written, monkeypatch):
    assert rapport("apply", written(JOURNEY)).code == 0
    period = ("--from", "2020-01-01", "--to", "2020-01-02")
    said = rapport("journey", "backtest", "carts", *period, "--no-wait")
    assert said.code == 0, said.err
    name, status = said.out.strip().split(": ")
    assert status == "running"
    said = rapport("journey", "show-backtest", name)
    assert said.out.startswith("running: 0%")
    said = rapport("journey", "cost", "carts", "--people", "10", "--json")
    assert json.loads(said.out)["people"] == 10
