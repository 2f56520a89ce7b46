"""Instants as clients write them, and the clock skew taken out of them.

    occurred_at = received_at − (sent_at − timestamp)

The client's clock may be wrong, but the time between its two readings is right. Without `sentAt`
the timestamp is believed as it is; without a timestamp the event happened when it arrived. Nothing
happens after it has arrived: up to a day ahead is taken for a wrong time zone and becomes the
arrival, more is refused.
"""

from datetime import UTC, datetime
from typing import Final

from shared.domain.events.limits import EARLIEST, LATEST, MAX_AHEAD
from shared.domain.events.rejection import RejectedError

_MAX_CHARACTERS: Final = 40


def read_instant(value: object) -> datetime | None:
    """Read an ISO 8601 instant, in UTC when it has no offset; None when it is none."""
    if not isinstance(value, str) or len(value) > _MAX_CHARACTERS:
        return None
    if not value.isprintable():  # Python's reader stops at a zero character and is content
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is UTC:
            return instant
        if instant.tzinfo is None:
            return instant.replace(tzinfo=UTC)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):  # an offset can push year 1 and year 9999 out of range
        return None


def read_timestamp(value: object, field: str) -> datetime | None:
    """Read an event's own timestamp; None when it has none. Raises RejectedError."""
    if value is None:
        return None
    instant = read_instant(value)
    if instant is None:
        raise RejectedError(
            "invalid_timestamp", f"{field} is not ISO 8601, such as 2026-11-22T08:30:00.123Z"
        )
    if not EARLIEST <= instant < LATEST:
        raise RejectedError(
            "timestamp_out_of_range",
            f"{field} is not in the years {EARLIEST.year} to {LATEST.year - 1}",
        )
    return instant


def read_sent_at(value: object) -> datetime | None:
    """Read when a batch was sent; one that makes no sense costs the correction, not the batch."""
    instant = read_instant(value)
    return instant if instant and EARLIEST <= instant < LATEST else None


def occurred_at(
    timestamp: datetime | None, sent_at: datetime | None, received_at: datetime
) -> datetime:
    """When it happened, by our clock; never after `received_at`. Raises RejectedError."""
    if timestamp is None:
        return received_at
    corrected = received_at - (sent_at - timestamp) if sent_at else timestamp
    if corrected <= received_at:
        if corrected < EARLIEST:
            raise RejectedError(
                "timestamp_out_of_range", f"timestamp is before {EARLIEST.year} once corrected"
            )
        return corrected
    if corrected - received_at > MAX_AHEAD:
        raise RejectedError(
            "timestamp_out_of_range",
            f"timestamp is more than {MAX_AHEAD.days} day ahead of "
            + ("sentAt" if sent_at else "the time of arrival"),
        )
    return received_at
