"""An event is read back as it was written, and queue messages hold all they are given."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.model import Event
from shared.domain.events.packing import MAX_MESSAGE_BYTES, decode, encode, pack, size


def test_json_of_an_event_has_neither_absent_nor_empty_fields(make_event: Any) -> None:
    event = make_event(message_id="m", context={})
    assert event.to_json() == {
        "workspace_id": "default",
        "source_id": "web",
        "message_id": "m",
        "type": "track",
        "name": "product_viewed",
        "occurred_at": "2026-11-22T12:00:00.000Z",
        "received_at": "2026-11-22T12:00:00.000Z",
        "timestamp": "2026-11-22T12:00:00.000Z",
        "user_id": "ada",
    }


def test_an_event_is_read_back_as_it_was(make_event: Any) -> None:
    event = make_event(
        type="alias",
        anonymous_id="a",
        previous_id="p",
        group_id="g",
        sent_at=datetime(2026, 11, 22, tzinfo=UTC),
        properties={"a": [1, {"b": None}]},
        traits={"city": "上海"},
        context={"ip": "::1"},
        server=True,
    )
    assert Event.from_json(json.loads(encode(event))) == event


def test_an_event_without_instants_of_its_own_is_read_back_too(make_event: Any) -> None:
    event = Event.from_json({**make_event().to_json(), "timestamp": None})
    assert event.timestamp is None
    assert Event.from_json(event.to_json()) == event


@given(sizes=st.lists(st.integers(0, 40_000), max_size=40))
def test_packing_keeps_every_event_in_its_order_and_wastes_no_message(
    make_event: Callable[..., Event], sizes: list[int]
) -> None:
    events = [make_event(properties={"a": "知" * (length // 3)}) for length in sizes]

    bodies = list(pack(encode(event) for event in events))

    assert [event for body in bodies for event in decode(body)] == events
    filled = [size(body) for body in bodies]
    assert all(length <= MAX_MESSAGE_BYTES for length in filled)
    assert all(a + b > MAX_MESSAGE_BYTES for a, b in pairwise(filled))


def test_nothing_is_packed_into_no_message() -> None:
    assert list(pack([])) == []


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", '{"v":2,"events":[]}', '{"v":1}', '{"v":1,"events":[{}]}']
)
def test_another_message_is_not_taken_for_events(body: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode(body)
