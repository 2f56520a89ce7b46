"""The environment of dispatch_message."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

# Longer than the function may run: whoever claimed a message that long ago is no longer sending it.
CLAIM_LEASE: Final = timedelta(seconds=75)


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # people, consents, messages
    catalog_table: str  # templates and settings
    identity_secret_arn: str  # the secret under which suppressed addresses are found
    messages_queue_url: str  # brings messages back that are put off for minutes
    broadcast_queue_url: str  # the same for messages of broadcasts
    feedback_queue_url: str  # brings it to record_feedback that a journey's money is spent
    api_url: str  # where links of messages are answered, unless the workspace says otherwise
    configuration_set: str  # of SES: it tells us what became of each email
    ses_tenant: str  # whose reputation emails count for; empty without tenants
    events_queue_url: str  # brings events to merge_identity
    provider_bases: str  # JSON: addresses of APIs that are not the providers' own, by name
