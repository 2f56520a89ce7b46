"""What a condition costs: how many rows an event that touches it has read and written."""

from collections import Counter
from dataclasses import dataclass
from math import ceil
from typing import Final

from shared.domain.segments.condition import (
    ActivityCondition,
    AmountCondition,
    DateCondition,
    EventCondition,
    FavouriteCondition,
    Node,
    RatioCondition,
    SequenceCondition,
    TrendCondition,
    ValueCondition,
    nodes,
    parts_of,
)
from shared.domain.segments.nodes.events import RollingWindow
from shared.domain.segments.references import References, references

# What has no window reaches back over everything; we reckon with as many months.
EVER_MONTHS: Final = 24
ROWS_OF_A_MOMENT: Final = 2  # the day's moments and the month's cells
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one condition costs, for a person of one strand; a person of several costs as much more.

    `counter_rows`, `cell_rows` and `moment_rows` are read at most to judge one person; most
    people have fewer, as there is a row only for the months and days on which something happened.
    `rows_written` is for the event that most measures keep, beside the event and its counters.
    With `depends_on_time` people are also judged when nothing happens.
    """

    nodes: int
    depends_on_time: bool
    counter_rows: int
    cell_rows: int
    moment_rows: int
    rows_written: int


def estimate(condition: Node) -> Estimate:
    """Reckon what an expanded condition costs; raises ValueError if it is not expanded."""
    needed = references(condition)
    known = [node for _, _, node in nodes(condition)]
    leaves = [node for node in known if not parts_of(node)]
    kept = Counter(measure.event for measure in needed.measures)
    return Estimate(
        nodes=len(known),
        depends_on_time=any(_turns_by_itself(leaf) for leaf in leaves),
        counter_rows=sum(map(_months, needed.events.values())),
        cell_rows=sum(map(_months, needed.cells.values())),
        moment_rows=_moment_rows(needed),
        rows_written=ROWS_OF_A_MOMENT * max(kept.values(), default=0),
    )


def _months(days: int | None) -> int:
    """About how many months so many days lie in, at most."""
    if days is None:
        return EVER_MONTHS
    return 1 if days == 1 else (days - 2) // 30 + 2


def _moment_rows(needed: References) -> int:
    """One for each natural day that is reached."""
    reached = [*needed.moments.values()]
    reached += [each.before_seconds + each.after_seconds for each in needed.anchored]
    return sum(ceil(seconds / _DAY_SECONDS) + 1 for seconds in reached)


def _turns_by_itself(leaf: Node) -> bool:
    match leaf:
        case EventCondition() | AmountCondition() | ValueCondition():
            return leaf.within_days is not None or isinstance(leaf.window, RollingWindow)
        case RatioCondition():
            return leaf.within_days is not None
        case ActivityCondition():
            return leaf.about != "events"
        case FavouriteCondition() | TrendCondition() | SequenceCondition() | DateCondition():
            return True
        case _:
            return False
