"""What can never be applied goes to the dead-letter queue by itself; its neighbours are applied."""

import json

import pytest
from botocore.exceptions import EndpointConnectionError

GOOD = {
    "workspace_id": "default",
    "source_id": "web",
    "message_id": "bad",
    "type": "track",
    "name": "viewed",
    "timestamp": "2026-11-22T12:00:00.000Z",
    "occurred_at": "2026-11-22T12:00:00.000Z",
    "received_at": "2026-11-22T12:00:00.000Z",
    "user_id": "ada",
}


def without(name):
    return {key: value for key, value in GOOD.items() if key != name}


BAD = {
    "text": "hello",
    "nothing": None,
    "list": [],
    "empty": {},
    "no message id": without("message_id"),
    "no instant": without("occurred_at"),
    "no person": without("user_id"),
    "blocked person": GOOD | {"user_id": "null", "anonymous_id": "0000"},
    "server that is a text": GOOD | {"server": "yes"},
    "empty person": GOOD | {"user_id": "", "anonymous_id": None},
    "unknown field": GOOD | {"surprise": 1},
    "unknown type": GOOD | {"type": "purchase"},
    "instant without offset": GOOD | {"occurred_at": "2026-11-22T12:00:00"},
    "instant that is a number": GOOD | {"occurred_at": 1},
    "instant before time": GOOD | {"occurred_at": "0001-01-01T00:00:00+23:00"},
    "name that is a number": GOOD | {"name": 1},
    "person that is a number": GOOD | {"user_id": 7},
    "traits that are a list": GOOD | {"traits": ["a"]},
    "context that is a text": GOOD | {"context": "web"},
    "half a character": GOOD | {"properties": {"name": "\ud800"}},
    "long person": GOOD | {"user_id": "上" * 301},
    "long message id": GOOD | {"message_id": "m" * 901},
    "not a number": GOOD | {"properties": {"price": float("nan")}},
    "over 400 KB": GOOD | {"properties": {"essay": "x" * 410_000}},
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_event_is_buried_with_its_reason_and_its_neighbours_are_applied(
    bench, make_event, case
):
    before, after = make_event(message_id="before"), make_event(message_id="after")
    outcome = bench.apply([before, BAD[case], after])
    assert outcome.failed == set()
    assert (outcome.counts["EventsApplied"], outcome.counts["EventsDeadLettered"]) == (2, 1)
    written = [row["sk"] for row in bench.rows() if row["sk"].startswith("EVT#")]
    assert [sk.rsplit("#")[-1] for sk in written] == ["after", "before"]
    (letter,) = bench.dead_letters()
    assert letter["reason"]
    assert letter["v"] == 1
    assert json.dumps(letter["events"], sort_keys=True) == json.dumps([BAD[case]], sort_keys=True)


@pytest.mark.parametrize(
    "body",
    ["", "hello", "[]", "null", "{}", '{"v":2,"events":[]}', '{"v":1,"events":{}}', "[" * 200_000],
    ids=["empty", "text", "list", "null", "object", "version", "no list", "bomb"],
)
def test_a_message_that_cannot_be_read_is_buried_whole(bench, make_event, make_records, body):
    records = [{"messageId": "bad", "body": body}, *make_records([make_event()])]
    outcome = bench.worker().apply(records)
    assert outcome.failed == set()
    assert (outcome.counts["EventsApplied"], outcome.counts["EventsDeadLettered"]) == (1, 1)
    (letter,) = bench.dead_letters()
    assert letter["body"] == body
    assert letter["reason"]


def test_a_buried_event_that_was_mended_can_be_sent_through_the_queue_again(bench, make_event):
    bench.apply([BAD["unknown type"]])
    (letter,) = bench.dead_letters()
    letter["events"][0]["type"] = "track"
    outcome = bench.worker().apply([{"messageId": "r1", "body": json.dumps(letter)}])
    assert outcome.counts["EventsApplied"] == 1


def test_poison_in_a_record_that_comes_again_is_buried_once(bench, make_event, make_wire):
    def hook(number, name):
        if name == "put_item":
            raise EndpointConnectionError(endpoint_url="https://aws.example")

    message = [make_event(), BAD["empty"]]
    assert bench.apply(message, wire=make_wire(before=hook)).failed == {"r1"}
    assert bench.apply(message).failed == set()
    assert len(bench.dead_letters()) == 1
