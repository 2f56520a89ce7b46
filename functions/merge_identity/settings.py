"""The environment of merge_identity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people
    catalog_table: str  # identity rules, tombstones
    dead_letter_queue_url: str  # where an event goes that can never be applied
    identity_secret_arn: str  # the secret behind user hashes and tombstones
