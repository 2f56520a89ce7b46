"""The environment of dispatch_message."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, consents, messages
    catalog_table: str  # templates and settings
