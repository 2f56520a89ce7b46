"""The environment of sweep_due."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, and when they are due
    due_queue_url: str  # brings people to update_tags
    workspace_ids: str  # whose people are swept, with blanks between
