"""Taking events in: which measures an event belongs to, and what is kept of it on which day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.days import natural_day
from shared.domain.events.model import Event
from shared.domain.instants import format_instant, parse_instant
from shared.domain.measures.model import Measure, Moment, kept_value
from shared.domain.segments.comparing import value_holds

# Two events of a strand at the same millisecond are told apart by as many hex digits.
_ID_DIGITS: Final = 8

Days = dict[date, list[Moment]]


def short_id(sort_key: str) -> str:
    """What an event goes by among the moments of its instant, from its own key in the timeline."""
    return sha256(sort_key.encode()).hexdigest()[:_ID_DIGITS]


def moments_by_day(
    events: Iterable[tuple[str, Event]],
    measures: Mapping[str, Sequence[Measure]],
    zone: ZoneInfo,
) -> dict[Measure, Days]:
    """What is kept of events, each with its sort key in the timeline; `measures` are by event."""
    found: dict[Measure, Days] = {}
    for sort_key, event in events:
        for measure, moment in _moments(sort_key, event, measures.get(event.name, ())):
            day = natural_day(moment.at, zone)
            found.setdefault(measure, {}).setdefault(day, []).append(moment)
    return found


def moments_to_json(moments: Iterable[Moment]) -> list[list[Any]]:
    """Plain JSON data: instant, short id, and the value where there is one."""
    return [
        [format_instant(at), event_id, *(() if value is None else (value,))]
        for at, event_id, value in moments
    ]


def moments_from_json(data: Iterable[Sequence[Any]]) -> tuple[Moment, ...]:
    """Read what `moments_to_json` wrote."""
    return tuple(Moment(parse_instant(at), event_id, *value) for at, event_id, *value in data)


def _moments(
    sort_key: str, event: Event, measures: Iterable[Measure]
) -> Iterator[tuple[Measure, Moment]]:
    for measure in measures:
        if all(value_holds(test, event.properties.get(test.property)) for test in measure.where):
            # Rows keep milliseconds, and an event that is met again must be the same moment.
            at = parse_instant(format_instant(event.occurred_at))
            value = kept_value(event.properties, measure.property)
            yield measure, Moment(at, short_id(sort_key), value)
