"""The environment of build_segments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # tallies
    catalog_table: str  # definitions, and how far builds are
    lake_workgroup: str  # where the event history is asked
    lake_bucket: str  # files of builds
    lake_lag_seconds: int  # how long a row may be on its way to the lake
    build_machine_arn: str  # thresholds that were computed begin a build
