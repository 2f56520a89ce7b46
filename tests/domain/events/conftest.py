"""What every test of the ingest core needs: a way through it, and one good event."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.events.body import read_body
from shared.domain.events.check import Checked, check
from shared.domain.events.envelope import read_envelope
from shared.domain.events.model import Source
from shared.domain.events.routes import ROUTES

RECEIVED_AT = datetime(2026, 11, 22, 8, 30, 0, 200_000, tzinfo=UTC)


@pytest.fixture(scope="session")
def take() -> Callable[..., Checked]:
    """Take a body, bytes or plain data, to a path at an instant, as the function does."""

    def take(body: Any, path: str = "/v1/batch", at: datetime = RECEIVED_AT) -> Checked:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        route = ROUTES[path]
        return check(read_envelope(read_body(raw), route), route, Source("default", "web"), at)

    return take


@pytest.fixture(scope="session")
def good() -> Callable[..., dict[str, Any]]:
    """Make a good event, with some fields set otherwise."""

    def make(**fields: Any) -> dict[str, Any]:
        event = {"type": "track", "event": "cart", "userId": "u-1", "messageId": "m-1"}
        return {**event, "timestamp": "2026-11-22T08:30:00.123Z", **fields}

    return make
