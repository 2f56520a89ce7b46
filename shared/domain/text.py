"""Data as text: one canonical JSON, so that equal data is equal text wherever it is written."""

import json


def to_text(data: object) -> str:
    """Write plain data as compact JSON with sorted keys; raises ValueError on NaN and infinity."""
    return json.dumps(
        data, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    )
