"""When too many of a journey's emails bounce or annoy, it is paused before providers block them.

Gmail and Yahoo ask for complaints below 0.3 %, better 0.1 %; SES reviews accounts from 0.1 % of
complaints and 5 % of bounces on. A share counts only over enough messages, within a rolling window
of a day at most, so that an old journey with a new, bad list is stopped as well.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Excess = Literal["too_many_bounces", "too_many_complaints"]

STRETCH_HOURS: Final = 6  # what is counted together; UTC's days hold four of them
STRETCHES: Final = 4  # in the window: this one and those before it, 18 to 24 hours
ENOUGH: Final = 100  # messages whose fate is known
FEWEST: Final = 3  # one angry person pauses nothing
BOUNCES: Final = 0.05
COMPLAINTS: Final = 0.003


def subject(journey_id: str, at: datetime) -> str:
    """What is counted under: a journey in a stretch of hours of UTC."""
    utc = at.astimezone(UTC)
    begins = utc.replace(hour=utc.hour // STRETCH_HOURS * STRETCH_HOURS)
    return f"{journey_id}@{begins:%Y-%m-%dT%H}"


def subjects(journey_id: str, now: datetime) -> list[str]:
    """Everything that the window holds at an instant."""
    stretch = timedelta(hours=STRETCH_HOURS)
    return [subject(journey_id, now - n * stretch) for n in range(STRETCHES)]


def excess(counts: Mapping[str, int]) -> Excess | None:
    """Why a journey must be paused; `counts` has `delivered`, `bounced` and `complained`."""
    delivered, bounced = counts.get("delivered", 0), counts.get("bounced", 0)
    complained = counts.get("complained", 0)
    known = delivered + bounced
    if known < ENOUGH:
        return None
    if complained >= FEWEST and complained / known > COMPLAINTS:
        return "too_many_complaints"
    if bounced >= FEWEST and bounced / known > BOUNCES:
        return "too_many_bounces"
    return None
