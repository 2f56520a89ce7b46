"""What a backtest finds out about one person."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from shared.domain.backtests.messages import Judged
from shared.domain.journeys.enrolment import Enrolment

Turned = Literal["too_old", "not_again"]
"""Why an entry began nothing: older on arrival than the journey takes, or the person was in it."""


@dataclass(frozen=True, slots=True)
class Story:
    """What came of one person: her runs, in the order in which they began, and what they asked for.

    `actions` counts by type what was asked for beside messages, and `deferrals` how often messages
    were put off, by instant, channel and reason.
    """

    profile_id: str
    enrolments: tuple[Enrolment, ...] = ()
    messages: tuple[Judged, ...] = ()
    actions: Counter[str] = field(default_factory=Counter)
    turned_away: Counter[Turned] = field(default_factory=Counter)
    deferrals: Counter[tuple[datetime, str, str]] = field(default_factory=Counter)
