"""One HTTP call to a provider, without any second try, and what its failure leaves open."""

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 8.0
_MOST_READ: Final = 262_144


class NeverLeftError(Exception):
    """There was no connection: the provider surely knows nothing of it."""


class NoAnswerError(Exception):
    """The request went out, and nobody knows what became of it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be called; `url` is absolute."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """Status and body of an answer."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any] | None:
        """The body as a JSON object; None where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


class Http(Protocol):
    """Makes one call."""

    def __call__(self, request: Request) -> Response:
        """Call once; raises NeverLeftError or NoAnswerError."""
        ...


def call(request: Request) -> Response:
    """Call once over a connection of its own; redirects are answers like others."""
    parts = urlsplit(request.url)
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NeverLeftError(type(error).__name__) from error
        if connection.sock is not None:
            connection.sock.settimeout(ANSWER_SECONDS)
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        try:
            connection.request(request.method, path, request.body, dict(request.headers))
            answer = connection.getresponse()
            return Response(answer.status, answer.read(_MOST_READ))
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(type(error).__name__) from error
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=CONNECT_SECONDS)
    return http.client.HTTPSConnection(host, port, timeout=CONNECT_SECONDS, context=_trust())


@cache
def _trust() -> ssl.SSLContext:
    """Whom to trust; to read all certificates takes longer than a call."""
    return ssl.create_default_context()


def json_request(url: str, body: Mapping[str, Any]) -> Request:
    """A JSON body to post, Chinese as it is."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Request("POST", url, {"Content-Type": "application/json; charset=utf-8"}, text.encode())
