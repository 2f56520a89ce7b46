"""The environment of merge_identity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people
    dead_letter_queue_url: str  # where an event goes that can never be applied
