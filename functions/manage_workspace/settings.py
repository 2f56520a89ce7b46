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
    dispatch_message_arn: str  # the function that sends tests of templates
    run_step_arn: str  # the function that journeys call
    imports_bucket: str  # files of imports
    imports_queue_url: str  # imports to go on with
    replay_queue_url: str  # replays of the lake to go on with
    archive_bucket: str  # exports of people
    export_queue_url: str  # exports to make
    erasure_queue_url: str  # erasures to carry out
    review_queue_url: str  # reviews of identity rules to carry out
    events_queue_url: str  # where events of our own go
    lake_workgroup: str  # where the event history is asked
    audience_queue_url: str  # audiences to write down
    backtest_queue_url: str  # backtests to carry out
    broadcast_machine_arn: str  # the state machine that asks people into journeys
    move_machine_arn: str  # moves those inside journeys
    build_machine_arn: str  # the state machine that judges everybody by a definition
