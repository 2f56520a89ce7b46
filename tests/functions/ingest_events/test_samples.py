"""Real requests as the gateway hands them over are taken, and the queue has what they said."""

import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
CLIENTS = HERE.parents[1] / "vectors" / "ingest" / "clients"


def sample(name: str) -> dict[str, Any]:
    return json.loads((HERE / "samples" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "client", "events"),
    [
        ("segment_python", "segment_python", slice(None)),
        ("segment_python_gzip", "segment_python_gzip", slice(None)),
        ("rudder_node_form_urlencoded", "rudder_node", slice(1, None)),
        ("segment_browser_text_plain", "segment_browser", slice(1, 2)),
        ("posthog_python_trailing_slash", "posthog_python", slice(None)),
        ("named_stage", "segment_node", slice(None)),
    ],
)
def test_what_a_client_sent_is_in_the_queue(
    world: Any, name: str, client: str, events: slice
) -> None:
    expected = json.loads((CLIENTS / f"{client}.json").read_text())["events"][events]

    status, body, _ = world.handle(sample(name))

    assert (status, body) == (200, {"success": True, "accepted": len(expected), "rejected": []})
    stored = {event.message_id: event.to_json() for event in world.queued()}
    assert stored.keys() == {event["message_id"] for event in expected}
    for event in expected:
        assert event.items() <= stored[event["message_id"]].items()
        assert stored[event["message_id"]]["workspace_id"] == "default"
        assert stored[event["message_id"]]["source_id"] == "web"
        assert stored[event["message_id"]]["received_at"] == "2026-11-22T17:30:00.000Z"


def test_the_browser_is_told_where_to_send_and_not_to_report_to_others(world: Any) -> None:
    status, body, headers = world.handle(sample("settings"))
    assert status == 200
    assert body["integrations"]["Segment.io"] == {
        "apiKey": "wk_test",
        "apiHost": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/v1",
        "protocol": "https",
    }
    assert body["metrics"] == {"sampleRate": 0}
    assert headers["cache-control"].startswith("private")


def test_a_preflight_allows_what_browsers_send(world: Any) -> None:
    status, body, _ = world.handle(sample("preflight"))
    assert (status, body) == (204, {})


def test_a_preflight_is_answered_at_any_path(world: Any) -> None:
    assert world.send(method="OPTIONS", path="/nowhere")[0] == 204


def test_a_request_without_a_body_is_malformed(world: Any) -> None:
    status, body, _ = world.handle(sample("no_body"))
    assert (status, body["code"]) == (400, "invalid_input")


def test_a_gateway_that_says_little_is_enough(world: Any) -> None:
    """Emulators leave out what AWS sends."""
    event = sample("segment_python")
    event["requestContext"] = {"http": {"method": "POST"}}
    event["headers"] = {
        name.title(): event["headers"][name] for name in ("authorization", "content-type")
    }
    assert world.handle(event)[0] == 200
