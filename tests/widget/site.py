"""A shop's page on one port and the API on another, with the real functions behind it."""

import threading
from base64 import b64decode
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, Mapping[str, str], bytes]

# What the gateway of the API adds to every answer, as infra/constructs/api.py asks for.
_CORS: Final = {"access-control-allow-origin": "*", "access-control-expose-headers": "etag"}
_PREFLIGHT: Final = {
    **_CORS,
    "access-control-allow-methods": "*",
    "access-control-allow-headers": "authorization, content-type, *",
}


class Listening:
    """A server on a free port of this machine, for as long as the block lasts."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler, bytes], Answer]) -> None:
        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _all(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                status, headers, content = answer(self, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_OPTIONS = _all  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Listening":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Gateway:
    """Hands requests to functions as the gateway does; `broken` answers stand in for it first."""

    def __init__(self, functions: Mapping[str, Callable[[dict[str, Any], None], Any]]) -> None:
        """`functions` has one for each path, and the default one under the empty path."""
        self._functions = functions
        self.lock = threading.RLock()  # the mocked tables are not made for several at once
        self.broken: list[int] = []
        self.requests: list[tuple[str, str]] = []

    def __call__(self, door: BaseHTTPRequestHandler, body: bytes) -> Answer:
        if door.command == "OPTIONS":
            return 204, _PREFLIGHT, b""
        parts = urlsplit(door.path)
        self.requests.append((door.command, parts.path))
        if self.broken and door.command == "POST":
            return self.broken.pop(0), _CORS, b""
        function = self._functions.get(parts.path, self._functions[""])
        event = {
            "rawPath": parts.path,
            "queryStringParameters": dict(parse_qsl(parts.query)),
            "headers": {name.lower(): value for name, value in door.headers.items()},
            "requestContext": {"http": {"method": door.command}, "domainName": "api"},
            "body": body.decode(),
        }
        with self.lock:
            said = function(event, None)
        content = said.get("body") or ""
        raw = b64decode(content) if said.get("isBase64Encoded") else content.encode()
        return said["statusCode"], {**said["headers"], **_CORS}, raw


def page_of(
    api: str, *, lang: str, attributes: str = "", write_key: str = "wk_page"
) -> Callable[..., Answer]:
    """A shop whose content security policy lets in its own script and the API, and nothing else."""
    policy = (
        f"default-src 'none'; script-src 'self' {api}; connect-src {api}; "
        "img-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    html = (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Shop</title>'
        '<main><h1>Shop</h1><button id="buy" type="button">Buy</button></main>'
        '<script src="/shop.js"></script>'
        f'<script async src="{api}/widget.js" data-key="{write_key}" {attributes}></script></html>'
    )
    script = "window.rapport = window.rapport || [];"

    def answer(door: BaseHTTPRequestHandler, body: bytes) -> Answer:
        if door.path == "/shop.js":
            return 200, {"content-type": "text/javascript"}, script.encode()
        if door.path != "/":
            return 404, {}, b""
        headers = {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": policy,
            "cache-control": "no-store",
        }
        return 200, headers, html.encode()

    return answer
