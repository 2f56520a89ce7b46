"""A message request survives the queue, and what is none is named as such."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.model import MessageRequest
from shared.domain.workspace.purposes import Purpose
from shared.errors import InvalidInputError

requests = st.builds(
    MessageRequest,
    workspace_id=st.text(),
    profile_id=st.text(),
    message_id=st.text(),
    enrolment_id=st.text(),
    journey_id=st.text(),
    journey_version=st.integers(1, 10**6),
    step=st.text(),
    visit=st.integers(1, 10**6),
    template_id=st.text(),
    purpose=st.sampled_from(get_args(Purpose)),
    requested_at=st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ).map(lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)),
)


@given(requests)
def test_a_request_is_read_back_as_it_was_written(request: MessageRequest):
    assert MessageRequest.from_body(request.to_body()) == request


@given(requests)
def test_a_field_of_a_newer_sender_is_ignored(request: MessageRequest):
    newer = request.to_body().replace('"message":{', '"message":{"flavour":"new",', 1)

    assert MessageRequest.from_body(newer) == request


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("", ""),
        ("null", ""),
        ("[]", ""),
        ("{}", ""),
        ('{"v":2,"message":{}}', ""),
        ('{"v":1}', "message"),
        ('{"v":1,"message":{"visit":1}}', "message.workspace_id"),
        ("[" * 100_000, ""),
    ],
)
def test_what_is_no_request_is_refused_by_name(body: str, where: str):
    with pytest.raises(InvalidInputError) as error:
        MessageRequest.from_body(body)

    assert error.value.where == where


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_no_body_whatever_raises_anything_else(value: object):
    body = json.dumps({"v": 1, "message": value})

    with pytest.raises(InvalidInputError):
        MessageRequest.from_body(body)
