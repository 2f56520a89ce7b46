"""In which lifecycle stage somebody stands, why, and until when."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.domain.lifecycle.expanding import ExpandedLifecycle
from shared.domain.profiles.model import View
from shared.domain.segments.deciding import decide
from shared.domain.segments.evaluate import Fact


@dataclass(frozen=True, slots=True)
class StageVerdict:
    """The stage, the facts that decided it, and the instant before which it does not change.

    `changes_at` may be early (then judging again gives the same stage), never late; None: nothing
    but new events can change the stage.
    """

    stage: str
    changes_at: datetime | None
    because: tuple[Fact, ...]


def stage_of(
    lifecycle: ExpandedLifecycle, view: View, now: datetime, zone: ZoneInfo
) -> StageVerdict:
    """Judge one person at `now`: the first stage whose condition matches, else `otherwise`."""
    found = decide(lifecycle.stages, lifecycle.otherwise, view, now, zone)
    return StageVerdict(found.answer, found.changes_at, found.because)
