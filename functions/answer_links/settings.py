"""The environment of answer_links."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each environment variable."""

    profiles_table: str  # messages, consents and answers
    catalog_table: str  # settings, and the questions of journeys
    feedback_queue_url: str  # where what people open is judged
    identity_secret_arn: str  # the secret from which the key of links follows
