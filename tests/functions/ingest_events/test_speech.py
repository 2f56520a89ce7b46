"""What the function says of itself: figures and codes, and never whose events or what they hold."""

import json
from typing import Any

import pytest

from functions.ingest_events import handler

SECRETS = {
    "userId": "ada-lovelace",
    "anonymousId": "device-4711",
    "messageId": "message-4711",
    "properties": {"card": "4111-1111"},
    "traits": {"email": "ada@example.com"},
    "event": "secret purchase",
}


def figures(printed: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in printed.splitlines():
        record = json.loads(line)
        for directive in record["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == "Rapport"
            assert directive["Dimensions"] == [["service"]]
            for metric in directive["Metrics"]:
                found[metric["Name"]] = sum(record[metric["Name"]])
    return found


def test_accepted_and_rejected_events_are_counted(
    world: Any, good: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.send({"batch": [good, good, 7]})
    assert figures(capsys.readouterr().out) == {"EventsAccepted": 2, "EventsRejected": 1}


def test_nothing_is_counted_when_nothing_was_taken(
    world: Any, good: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.send({"batch": []})
    world.send("{", path="/v1/track")
    world.send({"batch": [good]}, headers={"authorization": None})
    assert capsys.readouterr().out == ""


def test_reasons_are_logged_as_figures(world: Any, good: Any) -> None:
    world.send({"batch": [good, 7, 8, {**good, "type": "x"}]})
    (line,) = world.log.getvalue().splitlines()
    assert json.loads(line)["reasons"] == {"not_an_object": 2, "invalid_type": 1}


@pytest.mark.parametrize(
    "spoilt",
    [
        {},
        {"type": "no such type"},
        {"timestamp": "secret time"},
        {"properties": "secret text"},
        {"userId": {"secret": 1}, "anonymousId": None},
        {"context": {"deep": json.loads("[" * 40 + "]" * 40)}},
    ],
)
def test_no_log_names_a_person_or_what_they_did(
    world: Any, spoilt: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    event = {"type": "track", **SECRETS, **spoilt}
    world.send({"batch": [event]})
    world.send(json.dumps({"batch": [event]})[:-3])
    world.send({"batch": [event]}, headers={"authorization": "Basic c2VjcmV0LWtleTo="})
    said = world.log.getvalue() + capsys.readouterr().out
    for secret in ("ada", "4711", "4111", "secret", "wk_test"):
        assert secret not in said


def test_an_error_of_ours_is_logged_by_name_and_place_and_answered_without_them(
    world: Any, good: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("ada-lovelace")

    monkeypatch.setattr(handler, "_ingest", broken)
    status, body, _ = world.send({"batch": [good]})
    assert (status, body["code"]) == (500, "internal")
    line = json.loads(world.log.getvalue())
    assert line["level"] == "ERROR"
    assert line["error"] == "ZeroDivisionError"
    assert "test_speech.py:" in line["at"]
    assert "ada" not in json.dumps(line) + json.dumps(body)
