"""The environment of gather_audience."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, their consents and their timelines
    catalog_table: str  # definitions, and the audiences that were asked for
    lake_workgroup: str  # where the event history is asked
    archive_bucket: str  # the files of audiences
