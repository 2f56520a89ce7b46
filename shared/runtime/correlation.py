"""Correlation ids: one request of a client, from the gateway to the providers of messages.

The id is the gateway's own name for the request, which the client reads as `apigw-requestid`. It is
never made of anything that a client sends, so it says nothing of anybody and may stand in logs.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

MOST_TOLD: Final = 10
"""Ids told of one message; a message of events can hold those of many requests."""

_NOT_OURS: Final = re.compile(r"[^A-Za-z0-9_-]")  # what tags of SES do not take either
_LONGEST: Final = 64
_ENVELOPES: Final = ("detail", "message", "action")


def correlation_of_request(event: Mapping[str, Any]) -> str:
    """That of an HTTP API event; empty when the gateway named none."""
    named = event.get("requestContext", {}).get("requestId")
    return _NOT_OURS.sub("", named or "")[:_LONGEST]


def correlations_of(body: str) -> list[str]:
    """Those in the body of a queue message, in their order; none where it cannot be read.

    Only the places at which our own functions write one are looked at: whatever else is called so
    was called so by somebody else, and may be anything.
    """
    try:
        found = list(_found(json.loads(body)))
    except (RecursionError, ValueError):
        return []
    told = (one for one in found if isinstance(one, str) and one and not _NOT_OURS.search(one))
    return list(dict.fromkeys(told))[:MOST_TOLD]


def _found(data: object) -> Iterator[object]:
    if not isinstance(data, dict):
        return
    events = data.get("events")
    parts = [data.get(name) for name in _ENVELOPES] + (events if isinstance(events, list) else [])
    yield from (part.get("correlation_id") for part in parts if isinstance(part, dict))
