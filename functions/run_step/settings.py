"""The environment of run_step."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people and enrolments
    catalog_table: str  # published journeys
    messages_queue_url: str  # where requested messages go
    broadcast_queue_url: str  # the same for messages of broadcasts
    actions_queue_url: str  # brings what is no message to perform_action
