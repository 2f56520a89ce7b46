"""The environment of mend_waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, enrolments, messages
    catalog_table: str  # journeys, and where the walk through people stopped
    due_queue_url: str  # brings people to update_tags
    wakes_queue_url: str  # brings enrolments to wake_enrolments
    messages_queue_url: str  # brings messages to dispatch_message
    broadcast_queue_url: str  # the same for messages of broadcasts
    actions_queue_url: str  # brings actions to perform_action
    run_step_arn: str  # what machines of journeys call
    journey_role_arn: str  # what they run under
    workspace_ids: str  # whose people are walked through, apart by blanks
