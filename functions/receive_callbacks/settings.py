"""The environment of receive_callbacks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    catalog_table: str  # providers: whose callbacks they are, and where their secrets are
    events_queue_url: str  # brings events to merge_identity
    feedback_queue_url: str  # brings it to record_feedback what became of text messages
