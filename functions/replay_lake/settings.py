"""The environment of replay_lake."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, to be made again
    catalog_table: str  # identity rules, tombstones, and how far replays are
    identity_secret_arn: str  # what tombstones of erased people are found with
    lake_bucket: str  # what is replayed
    queue_url: str  # where a replay that is not finished goes on
