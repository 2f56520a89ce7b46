"""When too many of a journey's emails bounce or annoy, it is paused before providers block them.

Gmail and Yahoo ask for complaints below 0.3 %, better 0.1 %; SES reviews accounts from 0.1 % of
complaints and 5 % of bounces on. Like SES we count permanent bounces alone: an answering machine
says nothing about a list. A share counts only over enough messages, within a rolling window of a
day at most, so that an old journey with a new, bad list is stopped as well.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

Excess = Literal["too_many_bounces", "too_many_complaints"]

STRETCH_HOURS: Final = 6  # what is counted together; UTC's days hold four of them
STRETCHES: Final = 4  # in the window: this one and those before it, 18 to 24 hours
FEWEST: Final = 3  # one angry person pauses nothing

Share = Annotated[float, Field(gt=0, le=1)]


class PauseAt(BaseModel):
    """From which shares of emails on a journey is paused; a share of 1 never pauses one.

    `bounces` is the share of those that came back for good. `messages` is of how many the fate must
    be known before a share counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bounces: Share = 0.05
    complaints: Share = 0.003
    messages: Annotated[int, Field(ge=10, le=1_000_000)] = 100


USUALLY: Final = PauseAt()


def subject(journey_id: str, at: datetime) -> str:
    """What is counted under: a journey in a stretch of hours of UTC."""
    utc = at.astimezone(UTC)
    begins = utc.replace(hour=utc.hour // STRETCH_HOURS * STRETCH_HOURS)
    return f"{journey_id}@{begins:%Y-%m-%dT%H}"


def subjects(journey_id: str, now: datetime) -> list[str]:
    """Everything that the window holds at an instant."""
    stretch = timedelta(hours=STRETCH_HOURS)
    return [subject(journey_id, now - n * stretch) for n in range(STRETCHES)]


def excess(counts: Mapping[str, int], at: PauseAt = USUALLY) -> Excess | None:
    """Why a journey must be paused; `counts` has `delivered`, `bounced` and `complained`."""
    delivered, bounced = counts.get("delivered", 0), counts.get("bounced", 0)
    complained = counts.get("complained", 0)
    known = delivered + bounced
    if known < at.messages:
        return None
    if complained >= FEWEST and complained / known > at.complaints:
        return "too_many_complaints"
    if bounced >= FEWEST and bounced / known > at.bounces:
        return "too_many_bounces"
    return None
