"""Requests of the gateway are read in one way, and every error has one shape."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from shared import errors
from shared.aws.faults import faults_are_transient
from shared.runtime import http
from shared.runtime.observability import logger

LOG = logger("test")


def event(**fields: Any) -> dict[str, Any]:
    return {
        "rawPath": "/v1/admin/segments",
        "headers": {"Host": "api.example.com", "X-Forwarded-Proto": "https"},
        "requestContext": {
            "http": {"method": "post"},
            "stage": "$default",
            "domainName": "abc.example.com",
            "timeEpoch": 1795336200123,
        },
        **fields,
    }


def staged(path: str, stage: str) -> http.Request:
    return http.read_request(
        event(rawPath=path, requestContext={"http": {"method": "GET"}, "stage": stage})
    )


def test_a_request_is_read() -> None:
    request = http.read_request(
        event(body='{"a":"知"}', queryStringParameters={"limit": "5"}, rawPath="/v1/admin/x/")
    )
    assert request == http.Request(
        method="POST",
        path="/v1/admin/x",
        headers={"host": "api.example.com", "x-forwarded-proto": "https"},
        query={"limit": "5"},
        body='{"a":"知"}'.encode(),
        received_at=datetime(2026, 11, 22, 8, 30, 0, 123_000, tzinfo=UTC),
        origin="https://api.example.com",
    )


@pytest.mark.parametrize("raw", [b"", b"plain", bytes(range(256)), b"\x1f\x8b\x08\x00"])
def test_an_encoded_body_is_its_bytes(raw: bytes) -> None:
    encoded = event(body=b64encode(raw).decode(), isBase64Encoded=True)
    assert http.read_request(encoded).body == raw


@pytest.mark.parametrize("body", [None, ""])
def test_no_body_is_an_empty_one(body: str | None) -> None:
    assert http.read_request(event(body=body)).body == b""


def test_a_body_that_is_not_base64_is_the_callers_mistake() -> None:
    with pytest.raises(errors.InvalidInputError, match="base64"):
        http.read_request(event(body="a", isBase64Encoded=True))


@pytest.mark.parametrize(
    ("path", "stage", "read"),
    [
        ("/", "$default", "/"),
        ("", "$default", "/"),
        ("/v1/batch//", "$default", "/v1/batch"),
        ("/prod/v1/batch", "prod", "/v1/batch"),
        ("/prod", "prod", "/"),
        ("/prod/", "prod", "/"),
        ("/production/v1", "prod", "/production/v1"),
        ("/v1/batch", "prod", "/v1/batch"),
    ],
)
def test_a_path_has_neither_stage_nor_trailing_slash(path: str, stage: str, read: str) -> None:
    assert staged(path, stage).path == read


def test_the_origin_is_the_address_that_the_client_used() -> None:
    assert staged("/prod/v1", "prod").origin == "https://api.example.com/prod"
    assert http.read_request(event(headers={})).origin == "https://abc.example.com"
    local = {"host": "127.0.0.1:8787", "x-forwarded-proto": "http"}
    assert http.read_request(event(headers=local)).origin == "http://127.0.0.1:8787"


@pytest.mark.parametrize(
    ("authorization", "user"),
    [
        ("Basic " + b64encode(b"key:").decode(), "key"),
        ("basic " + b64encode(b"key:pass:word").decode(), "key"),
        ("BASIC  " + b64encode(b"key").decode(), "key"),
        ("Basic " + b64encode("钥匙:".encode()).decode(), "钥匙"),
        ("Basic " + b64encode(b":password").decode(), None),
        ("Basic", None),
        ("Basic !!!", None),
        ("Basic " + b64encode(b"\xff\xfe:").decode(), None),
        ("Basic 钥匙", None),
        ("Bearer key", None),
        ("", None),
    ],
)
def test_the_user_of_basic_credentials_is_read(authorization: str, user: str | None) -> None:
    assert http.basic_user({"authorization": authorization}) == user
    assert http.basic_user({}) is None


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.InvalidInputError, 400, "invalid_input"),
        (errors.UnauthorizedError, 401, "unauthorized"),
        (errors.NotFoundError, 404, "not_found"),
        (errors.ConflictError, 409, "conflict"),
        (errors.TooLargeError, 413, "too_large"),
        (errors.PermanentError, 500, "permanent"),
        (errors.RapportError, 500, "internal"),
        (errors.TransientError, 503, "unavailable"),
    ],
)
def test_every_error_has_a_status_and_one_shape(
    error: type[errors.RapportError], status: int, code: str
) -> None:
    def respond(request: http.Request) -> http.Response:
        raise error("wrong", where="steps[2]", hint="do so", details=[("a", "b")])

    response = http.answer(event(), respond, LOG)

    body = json.loads(response["body"])
    assert (response["statusCode"], body["success"], body["code"]) == (status, False, code)
    assert body["details"] == [{"path": "a", "message": "b"}]
    inside = "something went wrong on our side"
    assert body["message"] == (inside if status == 500 else "steps[2]: wrong (do so)")
    assert ("retry-after" in response["headers"]) == (status == 503)


def test_a_surprise_is_an_error_of_ours_and_says_nothing() -> None:
    def respond(request: http.Request) -> http.Response:
        raise ValueError("ada@example.com")

    response = http.answer(event(), respond, LOG)
    assert response["statusCode"] == 500
    assert "ada" not in response["body"]


def test_a_call_of_aws_that_timed_out_asks_the_client_to_come_again() -> None:
    # Such an error has a `response`, and it is None.
    def respond(request: http.Request) -> http.Response:
        with faults_are_transient():
            raise ReadTimeoutError(endpoint_url="https://aws.example")

    response = http.answer(event(), respond, LOG)
    assert response["statusCode"] == 503
    assert int(response["headers"]["retry-after"]) > 0


def test_an_event_that_is_no_request_is_an_error_of_ours() -> None:
    assert http.answer({}, lambda request: {}, LOG)["statusCode"] == 500


def test_a_wrong_method_is_told_the_right_ones() -> None:
    response = http.method_not_allowed("PUT", "GET", "POST")
    assert response["statusCode"] == 405
    assert response["headers"]["allow"] == "GET, POST"
    assert json.loads(response["body"])["code"] == "method_not_allowed"


def test_chinese_is_sent_as_it_is() -> None:
    assert http.json_response(200, {"title": "知己"})["body"] == '{"title":"知己"}'
