"""The console on a port of this machine: its page and the admin API by the real functions."""

import threading
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from functions.manage_workspace import handler as manage_workspace
from functions.serve_console import handler as serve_console

Handle = Callable[[dict[str, Any], None], dict[str, Any]]


class ConsoleSite:
    """Hands requests to functions as the gateway does, for as long as the block lasts."""

    def __init__(self) -> None:
        site = self
        self.lock = threading.RLock()  # mocked tables are not made for several at once
        self.asked: list[tuple[str, str]] = []

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _all(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer = site._answer(self, body.decode())
                content = answer.get("body") or ""
                packed = answer.get("isBase64Encoded")
                raw = b64decode(content) if packed else content.encode()
                self.send_response(answer["statusCode"])
                for name, value in answer["headers"].items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(raw)))
                with suppress(ConnectionError):  # the page was left meanwhile
                    self.end_headers()
                    self.wfile.write(raw)

            do_DELETE = do_GET = do_POST = do_PUT = _all  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, door: BaseHTTPRequestHandler, body: str) -> dict[str, Any]:
        parts = urlsplit(door.path)
        handle: Handle = serve_console.handle
        if parts.path.startswith("/v1/admin"):
            handle = manage_workspace.handle
            self.asked.append((door.command, parts.path.removeprefix("/v1/admin")))
        event = {
            "rawPath": parts.path,
            "queryStringParameters": dict(parse_qsl(parts.query)),
            "headers": {name.lower(): value for name, value in door.headers.items()},
            "requestContext": {"http": {"method": door.command}, "domainName": "api"},
            "body": body,
        }
        with self.lock:
            return handle(event, None)

    def __enter__(self) -> "ConsoleSite":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
