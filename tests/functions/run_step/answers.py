"""What an answer says of the way, without what only the graph needs."""

from collections.abc import Mapping
from typing import Any


def led(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Where a call led, and until when to wait there."""
    return {"next": answer["next"], "wake_at": answer["wake_at"]}
