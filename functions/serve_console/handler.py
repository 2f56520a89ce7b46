"""The console's page, behind the same gateway as the admin API that it asks."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from functions.serve_console.usecase import ServeConsole
from shared.runtime.http import Request, Response, answer
from shared.runtime.observability import logger

PAGES: Final = Path(__file__).with_name("pages")  # what `make console` writes

log = logger("serve_console")


@cache
def _console() -> ServeConsole:
    built = PAGES.iterdir() if PAGES.is_dir() else ()
    return ServeConsole({path.name: path.read_bytes() for path in built})


def handle(event: dict[str, Any], context: object) -> Response:  # noqa: ARG001
    """Answer one request for the page, or for what it loads."""
    return answer(event, _respond, log)


def _respond(request: Request) -> Response:
    return _console().respond(request)
