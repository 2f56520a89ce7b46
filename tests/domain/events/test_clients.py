"""What real clients sent, captured from their own code, becomes what they meant."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.domain.events.check import Checked

CLIENTS = Path(__file__).parents[2] / "vectors" / "ingest" / "clients"
AFTER_THE_CAPTURE = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)


def captures() -> list[Any]:
    return [pytest.param(json.loads(path.read_text()), id=path.stem) for path in CLIENTS.iterdir()]


@pytest.mark.parametrize("capture", captures())
def test_a_captured_client_is_understood(capture: Any, take: Callable[..., Checked]) -> None:
    stored = []
    for request in capture["requests"]:
        body = request["body"].encode() if "body" in request else b64decode(request["body_base64"])
        checked = take(body, request["path"].rstrip("/"), AFTER_THE_CAPTURE)
        assert checked.rejected == ()
        stored += [each.event.to_json() for each in checked.accepted]

    expected = capture["events"]
    assert [
        {name: event.get(name) for name in names}
        for event, names in zip(stored, expected, strict=True)
    ] == expected


@pytest.mark.parametrize("capture", captures())
def test_no_captured_client_leaves_its_time_of_sending_out(
    capture: Any, take: Callable[..., Checked]
) -> None:
    for request in capture["requests"]:
        body = request["body"].encode() if "body" in request else b64decode(request["body_base64"])
        for each in take(body, request["path"].rstrip("/"), AFTER_THE_CAPTURE).accepted:
            assert each.event.sent_at
            assert each.event.timestamp
            assert each.event.occurred_at == AFTER_THE_CAPTURE - (
                each.event.sent_at - each.event.timestamp
            )
