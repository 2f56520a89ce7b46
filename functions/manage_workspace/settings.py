"""The environment of manage_workspace."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people
    catalog_table: str  # definitions
    admin_key_secret_arn: str  # the secret that holds the admin key
    identity_secret_arn: str  # the secret behind user hashes and tombstones
    journey_role_arn: str  # the role that journeys run under
    run_step_arn: str  # the function that journeys call
