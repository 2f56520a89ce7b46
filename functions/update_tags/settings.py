"""The environment of update_tags."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people
    catalog_table: str  # segments, journeys and settings
    bus_name: str  # where domain events go
    due_queue_url: str  # people who are due within minutes
    outbound_queue_url: str  # what leaves for destinations
