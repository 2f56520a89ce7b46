"""The rule of the lifecycle stages: recency first, then how long and how much."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from shared.domain.profiles.model import ProfileState

Stage = Literal["prospect", "new", "active", "loyal", "at_risk", "dormant", "lost"]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a stage begins. Silence is the time since the last event, age since the first one.

    The default silences are the 14, 30 and 60 days after which sleeping customers are usually
    written to (scenario S07).
    """

    at_risk_after: timedelta = timedelta(days=14)
    dormant_after: timedelta = timedelta(days=30)
    lost_after: timedelta = timedelta(days=60)
    new_for: timedelta = timedelta(days=7)
    loyal_age: timedelta = timedelta(days=30)
    loyal_events: int = 50


DEFAULT_THRESHOLDS: Final = Thresholds()


def stage_at(
    state: ProfileState | None, now: datetime, thresholds: Thresholds = DEFAULT_THRESHOLDS
) -> Stage:
    """The stage of a person at `now`; it moves on by silence alone, and back with the next event.

    Nobody who has done something is a prospect again. An event that seems to lie in the future (a
    client's clock that runs ahead) is no silence at all.
    """
    if state is None or not state.events:
        return "prospect"
    silence = now - state.last_seen_at
    if silence >= thresholds.lost_after:
        return "lost"
    if silence >= thresholds.dormant_after:
        return "dormant"
    if silence >= thresholds.at_risk_after:
        return "at_risk"
    age = now - state.first_seen_at
    if age >= thresholds.loyal_age and state.events >= thresholds.loyal_events:
        return "loyal"
    return "new" if age < thresholds.new_for else "active"
