"""The environment of run_broadcasts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, their timelines and enrolments
    catalog_table: str  # definitions, and how far broadcasts are
    lake_workgroup: str  # where the event history is asked
    lake_bucket: str  # the files of broadcasts
    broadcast_machine_arn: str  # the machine that calls this function
