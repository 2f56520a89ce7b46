"""The environment of mend_waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, enrolments, messages
    catalog_table: str  # where the walk through them stopped
    due_queue_url: str  # brings people to update_tags
    wakes_queue_url: str  # brings enrolments to wake_enrolments
    messages_queue_url: str  # brings messages to dispatch_message
    broadcast_queue_url: str  # the same for messages of broadcasts
    workspace_ids: str  # whose people are walked through, apart by blanks
