"""Events that only Rapport writes: what it did with a person, kept where the person's own are.

They lie in the timeline and the lake and count like any event, so conditions can ask for them. They
are no sign of life: neither first and last seen nor the number of events takes them in.
"""

from typing import Final

TAGGED: Final = "$tagged"
LISTED: Final = "$listed"
MESSAGE_SENT: Final = "$message_sent"
MESSAGE_OPENED: Final = "$message_opened"
MESSAGE_CLICKED: Final = "$message_clicked"
JOURNEY_ENTERED: Final = "$journey_entered"
JOURNEY_COMPLETED: Final = "$journey_completed"
JOURNEY_EXITED: Final = "$journey_exited"

OWN_EVENTS: Final = frozenset(
    {
        TAGGED,
        LISTED,
        MESSAGE_SENT,
        MESSAGE_OPENED,
        MESSAGE_CLICKED,
        JOURNEY_ENTERED,
        JOURNEY_COMPLETED,
        JOURNEY_EXITED,
    }
)
OWN_SOURCE: Final = "rapport"
"""The `source_id` of these events; no write key may have it."""
