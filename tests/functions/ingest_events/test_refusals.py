"""Bad requests get a clear 4xx, never a 5xx, and leave nothing behind."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "vectors" / "ingest"


def cases() -> list[Any]:
    found = json.loads((VECTORS / "bad_requests.json").read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["name"]) for case in found]


@pytest.mark.parametrize("case", cases())
def test_a_bad_request_is_refused_with_status_code_and_reason(lean_world: Any, case: Any) -> None:
    text, times = case["repeat"] if "repeat" in case else (case["body"], 1)
    how = {name: case[name] for name in ("method", "path", "headers") if name in case}

    status, body, headers = lean_world.send(text * times, **how)

    assert (status, body["code"]) == (case["status"], case["code"])
    assert body["success"] is False
    assert body["message"]
    assert case.get("says", "") in body["message"]
    assert headers["content-type"] == "application/json"
    assert ("allow" in headers) == (status == 405)
    assert lean_world.events == []


def events(count: int, **fields: Any) -> bytes:
    event = {"type": "track", "event": "e", "userId": "u", **fields}
    return json.dumps({"batch": [event] * count}).encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(events(2_500), 200, id="2,500 events"),
        pytest.param(events(2_501), 413, id="2,501 events"),
        pytest.param(events(20, properties={"a": "x" * 30_000}), 413, id="600 KB of events"),
        pytest.param(
            gzip.compress(events(20, properties={"a": "x" * 30_000})), 413, id="600 KB compressed"
        ),
        pytest.param(events(1, traits={"a": "x" * 1_000_000}), 413, id="1 MB of traits"),
        pytest.param(gzip.compress(bytes(100_000_000)), 413, id="a gzip bomb"),
        pytest.param(gzip.compress(events(1))[:-9], 400, id="half a gzip"),
        pytest.param(bytes(range(256)), 400, id="every byte"),
    ],
)
def test_sizes_are_bounded(world: Any, body: bytes, status: int) -> None:
    answered, answer, _ = world.send(body)
    assert answered == status
    assert answer.get("code") == {200: None, 400: "invalid_input", 413: "too_large"}[status]


def test_a_broken_base64_of_the_gateway_is_a_bad_request(world: Any) -> None:
    event = json.loads((Path(__file__).parent / "samples" / "segment_python.json").read_text())
    status, body, _ = world.handle(event | {"body": "a", "isBase64Encoded": True})
    assert (status, body["code"]) == (400, "invalid_input")


def test_a_rejected_event_is_named_and_its_neighbours_are_queued(world: Any, good: Any) -> None:
    bad = {**good, "userId": None, "messageId": "m-2"}

    status, body, _ = world.send({"batch": [bad, good, "?"]})

    assert status == 200
    assert body == {
        "success": True,
        "accepted": 1,
        "rejected": [
            {
                "index": 0,
                "code": "id_missing",
                "message": "the event needs a userId, an anonymousId or context.externalIds",
                "message_id": "m-2",
            },
            {
                "index": 2,
                "code": "not_an_object",
                "message": "the event is not a JSON object",
            },
        ],
    }
    assert [event.message_id for event in world.queued()] == ["m-1"]


def test_when_all_are_rejected_the_error_names_them_all(world: Any, good: Any) -> None:
    status, body, _ = world.send({"batch": [{**good, "type": "x"}, {**good, "userId": ""}]})
    assert (status, body["success"], body["accepted"]) == (400, False, 0)
    assert [rejection["index"] for rejection in body["rejected"]] == [0, 1]
    assert body["message"].startswith("no event was accepted; the first one: type is missing")


def test_an_empty_batch_is_fine(world: Any) -> None:
    status, body, _ = world.send({"batch": []})
    assert (status, body) == (200, {"success": True, "accepted": 0, "rejected": []})
    assert world.messages() == []


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/b", "/v1/import", "/batch", "/batch/"])
def test_batches_are_taken_at_every_path_for_batches(world: Any, path: str) -> None:
    assert world.send({"batch": []}, path=path)[0] == 200


@pytest.mark.parametrize("slash", ["", "/", "//"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (f"/v1/{name}", kind)
        for kind in ("track", "identify", "page", "screen", "group", "alias")
        for name in (kind, kind[0])
    ],
)
def test_one_event_gets_its_type_from_its_path(
    world: Any, good: Any, path: str, kind: str, slash: str
) -> None:
    del good["type"]
    status, _, _ = world.send({**good, "groupId": "g", "previousId": "p"}, path=path + slash)
    assert status == 200
    assert [event.type for event in world.queued()] == [kind]
