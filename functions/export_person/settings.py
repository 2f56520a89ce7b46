"""The environment of export_person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people
    catalog_table: str  # exports that were asked for
    archive_bucket: str  # where archives go
