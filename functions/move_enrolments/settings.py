"""The environment of move_enrolments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people and enrolments
    catalog_table: str  # published journeys, and how far moves are
    messages_queue_url: str  # brings messages to dispatch_message
    broadcast_queue_url: str  # the same for messages of broadcasts
    actions_queue_url: str  # brings actions to perform_action
    wakes_queue_url: str  # brings enrolments to wake_enrolments
