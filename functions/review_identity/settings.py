"""The environment of review_identity."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people
    catalog_table: str  # reviews and how far they are
    identity_secret_arn: str  # what tombstones of erased identifiers are made with
    queue_url: str  # where a review that is not finished goes on
