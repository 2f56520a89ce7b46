"""The environment of import_records."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, and how far imports are
    catalog_table: str  # identity rules
    identity_secret_arn: str  # what tombstones of erased people are found with
    imports_bucket: str  # files, and rejected rows
    imports_queue_url: str  # where an import goes on after its time here is over
