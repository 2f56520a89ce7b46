"""Limits of the ingest API; its OpenAPI document and its error texts read them here."""

from datetime import UTC, datetime, timedelta
from typing import Final

MAX_BATCH_BYTES: Final = 500 * 1024  # of the body, uncompressed
MAX_BATCH_EVENTS: Final = 2_500
MAX_EVENT_BYTES: Final = 32 * 1024  # as compact JSON, of what is kept of it
MAX_DEPTH: Final = 32  # objects and arrays inside each other, the event itself being the first
MAX_INTEGER_CHARACTERS: Final = 20  # every 64-bit integer, signed or not

# Identifiers and names stand in DynamoDB keys, whose sort part ends at 1,024 bytes.
MAX_ID_BYTES: Final = 512
MAX_MESSAGE_ID_CHARACTERS: Final = 128
MAX_EVENT_NAME_CHARACTERS: Final = 200
MAX_WRITE_KEYS: Final = 10  # different keys in one batch that has none of its own

# A client's clock may be wrong by decades and is corrected; it may not be absurd.
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
# How far after its arrival an event may claim to have happened: a forgotten time zone at most.
MAX_AHEAD: Final = timedelta(days=1)
