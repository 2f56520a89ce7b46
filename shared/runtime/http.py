"""HTTP API glue, payload format 2.0: reads the request, writes JSON answers and JSON errors."""

import binascii
import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aws_lambda_powertools import Logger

from shared.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RapportError,
    RateLimitedError,
    TooLargeError,
    TransientError,
    UnauthorizedError,
)
from shared.runtime.correlation import correlation_of_request
from shared.runtime.observability import place

Response = dict[str, Any]

RETRY_AFTER_SECONDS: Final = 2

# The first class that fits decides, so the special ones stand before the general one.
_STATUSES: Final[tuple[tuple[type[RapportError], int], ...]] = (
    (UnauthorizedError, 401),
    (ForbiddenError, 403),
    (NotFoundError, 404),
    (TooLargeError, 413),
    (InvalidInputError, 400),
    (ConflictError, 409),
    (RateLimitedError, 429),
    (TransientError, 503),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request.

    `path` has neither stage nor trailing slash (the root is `/`); names of headers are in lower
    case; `body` holds the bytes as the client sent them; `received_at` is when the gateway had it.
    `origin` is the address that the client used, such as `https://abc.example.com`;
    `correlation_id` is the gateway's own name for the request, which says nothing of anybody.
    `claims` are those of a token that the gateway has checked, None on every route where it checks
    none.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime
    origin: str
    correlation_id: str = ""
    claims: Mapping[str, str] | None = None


def read_request(event: Mapping[str, Any]) -> Request:
    """Read an HTTP API event; raises InvalidInputError when the gateway's base64 is none."""
    context = event["requestContext"]
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    stage, path = context.get("stage", "$default"), event["rawPath"]
    prefix = "" if stage == "$default" else f"/{stage}"
    if prefix and f"{path}/".startswith(f"{prefix}/"):
        path = path[len(prefix) :]
    host = headers.get("host") or context.get("domainName", "")
    return Request(
        method=context["http"]["method"].upper(),
        path=path.rstrip("/") or "/",
        headers=headers,
        query=event.get("queryStringParameters") or {},
        body=_body(event.get("body") or "", encoded=bool(event.get("isBase64Encoded"))),
        received_at=_received_at(context),
        origin=f"{headers.get('x-forwarded-proto', 'https')}://{host}{prefix}",
        correlation_id=correlation_of_request(event),
        claims=_claims(context),
    )


def _claims(context: Mapping[str, Any]) -> Mapping[str, str] | None:
    claims = ((context.get("authorizer") or {}).get("jwt") or {}).get("claims")
    return {name: str(value) for name, value in claims.items()} if claims else None


def _body(text: str, *, encoded: bool) -> bytes:
    if not encoded:
        return text.encode("utf-8", "surrogatepass")
    try:
        return b64decode(text)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError(
            "the body is not base64", where="body", hint="send the bytes as they are"
        ) from error


def _received_at(context: Mapping[str, Any]) -> datetime:
    epoch_ms = context.get("timeEpoch")
    if epoch_ms is None:
        return datetime.now(UTC)
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)


def basic_user(headers: Mapping[str, str]) -> str | None:
    """The user of HTTP Basic credentials; None when there are none, or none that can be read."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, _ = b64decode(credentials.strip(), validate=True).decode().partition(":")
    except ValueError:  # not base64, or not UTF-8
        return None
    return user or None


def json_response(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with JSON."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    }


def error_response(error: RapportError) -> Response:
    """Answer `{"success": false, "code", "message", "details"}`; 429 and 503 say when to retry."""
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
    wait = RETRY_AFTER_SECONDS if status == 503 else None
    if isinstance(error, RateLimitedError):
        wait = error.retry_after_seconds
    return json_response(
        status,
        {
            "success": False,
            "code": error.code,
            "message": str(error) if status != 500 else "something went wrong on our side",
            "details": [{"path": path, "message": text} for path, text in error.details],
        },
        {"retry-after": str(wait)} if wait is not None else None,
    )


def method_not_allowed(method: str, *allowed: str) -> Response:
    """Answer 405 and name the methods that do work."""
    names = ", ".join(allowed)
    body = {
        "success": False,
        "code": "method_not_allowed",
        "message": f"{method} does not work here; use {names}",
        "details": [],
    }
    return json_response(405, body, {"allow": names})


def answer(
    event: Mapping[str, Any], respond: Callable[[Request], Response], log: Logger
) -> Response:
    """Read the request, respond to it, and turn whatever is raised into an answer.

    The log says which error it was and where in the code, and by which name the caller knows the
    request; never its text when that could hold something of the caller's.
    """
    about = {"correlation_id": correlation_of_request(event)}
    try:
        return respond(read_request(event))
    except RapportError as error:
        response = error_response(error)
        level = log.error if response["statusCode"] >= 500 else log.info
        level("request refused", extra={"status": response["statusCode"], **about, **_facts(error)})
        return response
    except Exception as error:
        log.error("request failed", extra={**about, **_facts(error)})
        return error_response(RapportError("unexpected"))


def _facts(error: Exception) -> dict[str, str]:
    """What a log may say of an error: names and places, not texts."""
    facts = {"error": type(error).__name__, "at": place(error.__traceback__)}
    cause = error.__cause__ or error
    # An error of AWS carries a code, such as AccessDeniedException, which says more than its class.
    code = (getattr(cause, "response", None) or {}).get("Error", {}).get("Code")
    return facts | ({"cause": code or type(cause).__name__} if code or cause is not error else {})
