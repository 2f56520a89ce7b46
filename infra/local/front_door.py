"""The front door: a stable plain address that passes requests on to the API, byte for byte.

SDKs take a host and nothing after it, while the emulator serves the API below a path of its own.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import urllib3

from infra.local.emulator import LOOPBACK

# Those that speak about one connection, not about the message (RFC 9110 section 7.6.1).
_HOP_BY_HOP: Final = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)
_MAX_BODY_BYTES: Final = 10 * 1024 * 1024  # API Gateway's own limit
_TOO_LARGE: Final = b'{"message":"Request Entity Too Large"}'
_UPSTREAM_CONNECTIONS: Final = 16
_UPSTREAM_SECONDS: Final = 120


class PortBusyError(Exception):
    """Somebody else listens on the port."""


class _Upstream:
    """Where requests go once the API is deployed; until then they are told to come back."""

    def __init__(self) -> None:
        self.base = ""
        self.pool = urllib3.PoolManager(
            maxsize=_UPSTREAM_CONNECTIONS, block=True, retries=False, timeout=_UPSTREAM_SECONDS
        )


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def _pass_on(self) -> None:
        upstream = self.server.upstream
        if not upstream.base:
            self._answer(503, {"Retry-After": "1"}, b'{"message":"Service Unavailable"}')
            return
        body = b"".join(self._body_parts())
        if len(body) > _MAX_BODY_BYTES:
            self.close_connection = True
            self._answer(413, {"Content-Type": "application/json"}, _TOO_LARGE)
            return
        headers = {n: v for n, v in self.headers.items() if n.lower() not in _HOP_BY_HOP}
        if body or "content-length" in self.headers:
            headers["Content-Length"] = str(len(body))
        answer = upstream.pool.request(
            self.command,
            upstream.base + self.path,
            body=body or None,
            headers=headers,
            decode_content=False,
            redirect=False,
        )
        self._answer(answer.status, answer.headers, answer.data)

    def _body_parts(self) -> Iterator[bytes]:
        """The body, whichever way it is framed; stops soon after the limit."""
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            length = int(self.headers.get("Content-Length") or 0)
            yield self.rfile.read(min(length, _MAX_BODY_BYTES + 1))
            return
        total = 0
        while total <= _MAX_BODY_BYTES:
            size = int(self.rfile.readline().split(b";")[0], 16)
            if not size:
                while self.rfile.readline().strip():
                    pass  # trailers
                return
            yield self.rfile.read(size)
            self.rfile.readline()
            total += size

    def _answer(self, status: int, headers: object, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in getattr(headers, "items", list)():
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _pass_on  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the functions log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    upstream: _Upstream


class FrontDoor:
    """Listens from the start, so that a busy port is known before anything else is done."""

    def __init__(self, port: int) -> None:
        """Listen on the port, or on a free one for 0; raises PortBusyError."""
        try:
            self._server = _Server((LOOPBACK, port), _Door)
        except OSError as error:
            raise PortBusyError(f"port {port} on {LOOPBACK} is in use") from error
        self._server.upstream = _Upstream()
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        """The address to give to SDKs."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def open(self, base: str) -> None:
        """Pass requests on to `base` from now on."""
        self._server.upstream.base = base

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
