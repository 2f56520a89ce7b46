"""The environment of record_feedback."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # messages, consents, suppressions
    catalog_table: str  # settings and journeys
    bus_name: str  # where it is told that a journey was paused
    outbound_queue_url: str  # what of that leaves for destinations
    events_queue_url: str  # where replies go
    topic_arn: str  # the one topic of SNS whose notifications are believed
    identity_secret_arn: str  # the secret under which suppressed addresses are found
