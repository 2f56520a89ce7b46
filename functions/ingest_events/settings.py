"""The environment of ingest_events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    catalog_table: str  # write keys
    events_queue_url: str  # where accepted events go
