"""The environment of serve_inbox."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # inboxes, identifiers, timelines
    catalog_table: str  # write keys
    identity_secret_arn: str  # the secret that user hashes are checked with
