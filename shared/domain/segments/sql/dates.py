"""Dates in SQL: the days of which today is near, or near an anniversary, as constants."""

from calendar import isleap
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Final

from shared.domain.segments.condition import DateCondition
from shared.domain.segments.evaluating.anniversaries import FIRST_LUNAR_YEAR, LAST_LUNAR_YEAR
from shared.domain.segments.nodes.person import EventDate, TraitDate
from shared.domain.segments.sql.json_values import JsonValue
from shared.domain.segments.sql.leaves import claimed, sure
from shared.domain.segments.sql.literals import both, either, one_of, shifted, text
from shared.domain.segments.sql.plan import Plan
from shared.domain.segments.sql.windows import between

_FIRST_EVENT: Final = 1969  # the year in which 1970 begins west of Greenwich
_PATTERN: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"


def dated(node: DateCondition, plan: Plan) -> str:
    """Whether the date, or an anniversary of it, lies so many days ahead."""
    first, last = shifted(plan.today, node.from_days), shifted(plan.today, node.to_days)
    if isinstance(node.source, TraitDate):
        return sure(_trait(node, node.source, first, last, plan))
    return sure(_event(node, node.source, first, last, plan))


def _trait(node: DateCondition, source: TraitDate, first: date, last: date, plan: Plan) -> str:
    value = JsonValue.whole(claimed(source.trait, plan))
    day = f"substr({value.scalar}, 1, 10)"
    if node.calendar == "lunar":  # these days are real, so nothing else has to be asked
        days = sorted(_lunar_origins(_days(first, last)))
        return both((value.is_text, one_of(day, (each.isoformat() for each in days))))
    real = [
        value.is_text,
        f"regexp_like({value.scalar}, '{_PATTERN}')",
        f"NOT TRY_CAST({day} AS DATE) IS NULL",
    ]
    if node.repeats == "never":
        near = f"{day} BETWEEN {text(first.isoformat())} AND {text(last.isoformat())}"
        return both((*real, near))
    years: dict[int, list[str]] = {}
    for each in _days(first, last):
        years.setdefault(each.year, []).extend(_month_days(each))
    yearly = (
        f"({one_of(f'substr({value.scalar}, 6, 5)', month_days)} AND"
        f" substr({value.scalar}, 1, 4) BETWEEN '0001' AND '{year - 1:04d}')"
        for year, month_days in years.items()
    )
    return both((*real, either(yearly)))


def _event(node: DateCondition, source: EventDate, first: date, last: date, plan: Plan) -> str:
    plan.looks_at(source, None)
    pick = "min" if source.which == "first" else "max"
    seen = plan.person(f"{pick}(t) FILTER (WHERE {plan.flag(source)})")
    if node.repeats == "never":
        spans: Iterable[tuple[date, date]] = [(first, last)]
    elif node.calendar == "lunar":
        spans = _runs(_lunar_origins(_days(first, last)))
    else:
        spans = _runs(_solar_origins(_days(first, last)))
    return either(
        both(
            test.replace("t ", f"{seen} ", 1)
            for test in between(plan.start_of(begin), plan.start_of(shifted(end, 1)))
        )
        for begin, end in spans
    )


def _days(first: date, last: date) -> list[date]:
    return [date.fromordinal(each) for each in range(first.toordinal(), last.toordinal() + 1)]


def _month_days(day: date) -> list[str]:
    """Of which days of the year it is the anniversary."""
    found = [f"{day.month:02d}-{day.day:02d}"]
    if (day.month, day.day) == (2, 28) and not isleap(day.year):
        found.append("02-29")
    return found


def _solar_origins(days: Iterable[date]) -> set[date]:
    """The days, since events are known, of which some days are anniversaries."""
    found = set()
    for day in days:
        for month_day in _month_days(day):
            for year in range(_FIRST_EVENT, day.year):
                if month_day != "02-29" or isleap(year):
                    found.add(date.fromisoformat(f"{year:04d}-{month_day}"))
    return found


def _lunar_origins(days: Iterable[date]) -> set[date]:
    """The days, since the calendar is known, of which some days are lunar anniversaries."""
    return {origin for day in days for origin in _lunar_origins_of(day)}


def _lunar_origins_of(day: date) -> Iterator[date]:
    from borax.calendars.lunardate import LCalendars, LunarDate

    if not date(FIRST_LUNAR_YEAR, 1, 31) <= day <= date(LAST_LUNAR_YEAR + 1, 2, 8):
        return
    lunar = LunarDate.from_solar(day)
    if lunar.leap:  # whoever was born in a leap month celebrates in the regular one
        return
    lacks_30th = lunar.day == 29 == LCalendars.ndays(lunar.year, lunar.month)
    for year in range(FIRST_LUNAR_YEAR, lunar.year):
        for leap in (0, 1):
            if leap and LCalendars.leap_month(year) != lunar.month:
                continue
            length = LCalendars.ndays(year, lunar.month, leap)
            for born in (lunar.day, 30) if lacks_30th else (lunar.day,):
                if born <= length:
                    yield LunarDate(year, lunar.month, born, leap).to_solar_date()


def _runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """Days that follow one another, as the first and last of them."""
    begin = end = None
    for day in sorted(days):
        if end is not None and begin is not None and day - end > timedelta(days=1):
            yield begin, end
            begin = day
        begin, end = begin or day, day
    if begin is not None and end is not None:
        yield begin, end
