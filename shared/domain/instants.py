"""Instants: UTC, timezone-aware, written as ISO 8601 with milliseconds and `Z`."""

from datetime import UTC, datetime


def format_instant(instant: datetime) -> str:
    """Write an instant as `2026-11-22T08:30:00.123Z`; text order is time order."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant; raises ValueError when it is none or has no offset."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return instant.astimezone(UTC)
