"""The environment of sweep_due."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, and what is due when
    due_queue_url: str  # brings people to update_tags
    wakes_queue_url: str  # brings enrolments to wake_enrolments
    messages_queue_url: str  # brings messages that were put off to dispatch_message
    broadcast_queue_url: str  # the same for messages of broadcasts
    workspace_ids: str  # whose rows are swept, with blanks between
