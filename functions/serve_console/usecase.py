"""The console's page and what it loads, with headers that let it do nothing else."""

import gzip
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from shared.errors import NotFoundError
from shared.runtime.http import Request, Response, method_not_allowed

PAGE: Final = "index.html"
_TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
# The page loads its own files and asks its own API; nothing else runs in it or gets its key.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        *("script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"),
        *("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"),
        *("require-trusted-types-for 'script'", "trusted-types 'none'"),
    )
)
_GUARDS: Final = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_FOREVER: Final = "public, max-age=31536000, immutable"
_ALWAYS_ASK: Final = "no-cache"


@dataclass(frozen=True, slots=True)
class ServeConsole:
    """Files by name; those but the page are named by what is in them, so they never change."""

    files: Mapping[str, bytes]
    _packed: dict[str, str] = field(default_factory=dict)

    def respond(self, request: Request) -> Response:
        """Answer one request below `/console`; raises NotFoundError."""
        if request.method not in ("GET", "HEAD"):
            return method_not_allowed(request.method, "GET", "HEAD")
        name = request.path.rpartition("/")[2]
        name = PAGE if name == "console" else name
        if (content := self.files.get(name)) is None:
            raise NotFoundError(
                "the console was not built" if name == PAGE else f"there is no {name!r}",
                hint="`make console` builds it, `make deploy` brings it" if name == PAGE else "",
            )
        tag = f'"{sha256(content).hexdigest()[:32]}"'
        headers = {
            **_GUARDS,
            "content-type": _TYPES.get(name.rpartition(".")[2], "application/octet-stream"),
            "cache-control": _FOREVER if "-" in name else _ALWAYS_ASK,
            "etag": tag,
            "vary": "accept-encoding",
        }
        if tag in request.headers.get("if-none-match", ""):
            return {"statusCode": 304, "headers": headers}
        if request.method == "HEAD":
            return {"statusCode": 200, "headers": headers}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return {"statusCode": 200, "headers": headers, "body": content.decode()}
        if name not in self._packed:
            self._packed[name] = b64encode(gzip.compress(content, mtime=0)).decode()
        return {
            "statusCode": 200,
            "headers": {**headers, "content-encoding": "gzip"},
            "body": self._packed[name],
            "isBase64Encoded": True,
        }
