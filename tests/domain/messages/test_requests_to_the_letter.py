"""Requests to the letter: what of them is written, read and tried rung by rung."""

import json
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest

from shared.domain.messages.model import MessageRequest, checked_request
from shared.errors import InvalidInputError
from tests.domain.messages.test_render import REQUEST

KNOWN: dict[str, Any] = {
    "workspace_id": "default",
    "profile_id": "p1",
    "message_id": "m1",
    "enrolment_id": "e1",
    "journey_id": "welcome-series",
    "journey_version": 1,
    "step": "say hello",
    "visit": 1,
    "template_id": "hello",
    "purpose": "marketing",
    "topic": "",
    "fallback": (),
}
TOLD: dict[str, Any] = {
    "topic": "促销",
    "fallback": ("a", "b"),
    "priority": 80,
    "quiet_hours": "ignore",
    "expires_after": 60,
    "broadcast_id": "b1",
    "values": {"items": [{"title": "笔"}], "coupon": "TEN"},
    "constants": ("coupon",),
    "pins": {"hello": 3},
    "correlation_id": "c1",
}
FULL = replace(REQUEST, **TOLD)


def test_what_is_as_it_is_unless_told_is_left_out():
    assert REQUEST.plain() == {**KNOWN, "requested_at": REQUEST.requested_at}
    assert FULL.plain() == {**KNOWN, **TOLD, "requested_at": REQUEST.requested_at}
    assert list(REQUEST.plain())[:3] == ["workspace_id", "profile_id", "message_id"]
    for name, value in TOLD.items():
        told = replace(REQUEST, **{name: value})
        assert told.plain() == {**KNOWN, "requested_at": REQUEST.requested_at, name: value}
    assert (REQUEST.priority, REQUEST.quiet_hours) == (50, "obey")
    assert REQUEST.expires_after == 3 * 24 * 60 * 60


@pytest.mark.parametrize("request_", [REQUEST, FULL])
def test_a_body_is_short_json_with_a_version(request_: MessageRequest):
    told = {} if request_ is REQUEST else TOLD
    message = {**KNOWN, **told, "requested_at": "2026-11-22T00:00:00.000Z"}
    body = request_.to_body()
    assert json.loads(body) == {"v": 1, "message": json.loads(json.dumps(message))}
    assert ": " not in body.replace("say hello", "")
    assert ("促销" in body) == bool(told)
    assert MessageRequest.from_body(body) == request_
    assert checked_request({**message, "requested_at": REQUEST.requested_at}) == request_


def test_an_instant_is_written_in_utc():
    there = REQUEST.requested_at.astimezone(timezone(timedelta(hours=8)))
    assert replace(REQUEST, requested_at=there).to_body() == REQUEST.to_body()


def test_every_rung_is_a_request_without_a_fallback():
    assert REQUEST.rungs() == (REQUEST,)
    alone = replace(FULL, fallback=())
    assert FULL.rungs() == (
        alone,
        replace(alone, template_id="a"),
        replace(alone, template_id="b"),
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visit", "x"),
        ("purpose", "fun"),
        ("requested_at", "today"),
        ("fallback", "a"),
        ("pins", {"a": "b"}),
    ],
)
def test_a_field_that_is_wrong_is_named(field: str, value: object):
    values = {**KNOWN, "requested_at": REQUEST.requested_at, field: value}
    with pytest.raises(InvalidInputError) as error:
        checked_request(values)
    assert error.value.where.startswith(f"message.{field}")
    with pytest.raises(InvalidInputError) as error:
        checked_request({name: one for name, one in values.items() if name != "step"})
    assert "message." in error.value.where
    body = json.dumps(
        {"v": 1, "message": {**values, "requested_at": "2026-11-22T00:00:00.000Z", field: value}}
    )
    with pytest.raises(InvalidInputError) as error:
        MessageRequest.from_body(body)
    assert error.value.where.startswith(f"message.{field}")
