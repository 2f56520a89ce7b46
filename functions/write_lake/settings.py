"""The environment of write_lake."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    events_stream: str  # delivers to the table of events
    identities_stream: str  # delivers to the table of who is who
