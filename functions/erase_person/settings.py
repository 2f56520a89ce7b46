"""The environment of erase_person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people
    catalog_table: str  # erasures, tombstones and settings
    identity_secret_arn: str  # what tombstones are made with
    queue_url: str  # where erasures come from, and come back to when there is more to do
    dead_letter_queue_urls: str  # queues in which people's data may lie, with blanks between
    archive_bucket: str  # exports
    lake_bucket: str  # what happened, for queries
    lake_workgroup: str  # where queries of the lake run
    imports_bucket: str  # files that were imported, and the rows that were refused
    outbound_queue_url: str  # brings it to destinations who was erased
    settle_seconds: int  # how long work that began before an erasure may still take
