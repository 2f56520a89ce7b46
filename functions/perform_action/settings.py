"""The environment of perform_action."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # who the person is now, and tasks
    catalog_table: str  # whether the workspace is in rehearsal
    events_queue_url: str  # brings events to merge_identity
