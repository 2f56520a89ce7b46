"""Serves the simulated providers on this machine, and a page on which messages can be seen."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from infra.local.emulator import LOOPBACK
from infra.local.providers.world import NAMES, Providers
from shared.providers.http import Request

Listed = list[dict[str, Any]]

_PAGE: Final = """<!doctype html><meta charset="utf-8"><title>Outbox</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:46rem;padding:0 1rem}
article{border:1px solid #ccc;border-radius:8px;padding:.5rem 1rem;margin:1rem 0}
small{color:#555}pre{white-space:pre-wrap;font:inherit;margin:.3rem 0}</style>
<h1>Outbox 发件箱</h1>"""


class _Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def _call(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        first = self.path.split("/")[1].partition("?")[0]
        if first in NAMES:
            url = f"http://{self.headers['Host']}{self.path}"
            with self.server.lock:
                answer = self.server.providers(
                    Request(self.command, url, dict(self.headers.items()), body)
                )
            self._answer(answer.status, "application/json", answer.body)
        elif first == "outbox":
            self._answer(200, "application/json", json.dumps(self.server.listed()).encode())
        else:
            self._answer(200, "text/html; charset=utf-8", _page(self.server.listed()).encode())

    do_GET = do_POST = _call  # noqa: N815

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    providers: Providers
    lock: threading.Lock
    listed: Callable[[], Listed]


class ProviderServer:
    """The simulated providers behind one address."""

    def __init__(self, others: Callable[[], Listed]) -> None:
        """`others` gives the messages that went out by the emulator of AWS."""
        self.providers = Providers(lambda: datetime.now(UTC))
        self.providers.wechat.any_template = True
        self._others = others
        self._server = _Server((LOOPBACK, 0), _Desk)
        self._server.providers = self.providers
        self._server.lock = threading.Lock()
        self._server.listed = self.listed
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self._server.server_port}"

    def bases(self) -> dict[str, str]:
        """The addresses of the providers' APIs."""
        return {name: f"{self.url}/{name}" for name in NAMES}

    def listed(self) -> Listed:
        """Every message as the person sees it, the oldest first."""
        own = [asdict(one) | {"at": one.at.isoformat()} for one in self.providers.outbox.shown]
        return sorted([*own, *self._others()], key=lambda one: str(one["at"]))

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


def _page(messages: Listed) -> str:
    return _PAGE + "".join(
        f"<article><small>{escape(one['provider'])} → {escape(one['to'])}"
        f" · {escape(str(one['at']))}</small><h2>{escape(one['title'])}</h2>"
        f"<pre>{escape(one['text'])}</pre></article>"
        for one in reversed(messages)
    )
