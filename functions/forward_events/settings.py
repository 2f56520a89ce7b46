"""The environment of forward_events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # whether people are there still
    catalog_table: str  # destinations, and the provider of webhooks
