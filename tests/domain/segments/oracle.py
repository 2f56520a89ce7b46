"""A second, naive reading of conditions: every event looked at one by one, no cleverness."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from borax.calendars.lunardate import LCalendars, LunarDate

from tests.domain.segments.histories import Happening
from tests.domain.segments.naive_values import Data, compares, counts, passes, scalar, text

_DAY = timedelta(days=1)


class Reading:
    """One person's history as it is known at an instant."""

    def __init__(self, history: Iterable[Happening], now: datetime, zone: ZoneInfo) -> None:
        """Sort out what has happened by now."""
        self.now, self.zone = now, zone
        self.today = now.astimezone(zone).date()
        self.events = [each for each in history if each.at <= now]

    def day(self, event: Happening) -> date:
        return event.at.astimezone(self.zone).date()

    def holds(self, condition: Data) -> bool:
        answer: bool = getattr(self, f"_{condition['type']}")(condition)
        return answer

    # --- groups -------------------------------------------------------------------------------

    def _all(self, condition: Data) -> bool:
        return False not in [self.holds(part) for part in condition["conditions"]]

    def _any(self, condition: Data) -> bool:
        return True in [self.holds(part) for part in condition["conditions"]]

    def _at_least(self, condition: Data) -> bool:
        answers = [self.holds(part) for part in condition["conditions"]]
        return answers.count(True) >= condition["count"]

    def _not(self, condition: Data) -> bool:
        return not self.holds(condition["condition"])

    # --- which events -------------------------------------------------------------------------

    def matching(self, pattern: Data) -> list[Happening]:
        return [
            event
            for event in self.events
            if event.name == pattern["event"]
            and all(
                passes(test, event.properties.get(test["property"]))
                for test in pattern.get("where", ())
            )
        ]

    def lately(self, events: Iterable[Happening], days: int | None) -> list[Happening]:
        last_days = [self.today - back * _DAY for back in range(days or 0)]
        return [event for event in events if days is None or self.day(event) in last_days]

    def windowed(self, condition: Data) -> list[Happening]:
        events = self.matching(condition)
        window = condition.get("window")
        if window is None:
            return self.lately(events, condition.get("within_days"))
        if window["type"] == "between":
            first, last = (date.fromisoformat(window[key]) for key in ("first_day", "last_day"))
            return [event for event in events if first <= self.day(event) <= last]
        reach = timedelta(seconds=window["seconds"])
        if window["type"] == "rolling":
            return [event for event in events if self.now - event.at < reach]
        anchors = sorted(event.at for event in self.matching(window["anchor"]))
        if not anchors:
            return []
        anchor = anchors[0 if window.get("which", "first") == "first" else -1]
        if window["type"] == "after":
            return [event for event in events if anchor < event.at and event.at - anchor <= reach]
        return [event for event in events if event.at < anchor and anchor - event.at <= reach]

    # --- leaves about events ------------------------------------------------------------------

    def times(self, condition: Data) -> int:
        return len(self.windowed(condition))

    def _event(self, condition: Data) -> bool:
        comparison, wanted = condition.get("comparison", "at_least"), condition.get("times", 1)
        return compares(comparison, self.times(condition), wanted)

    def amount(self, condition: Data) -> Any:
        values = [event.properties.get(condition["property"]) for event in self.windowed(condition)]
        if condition["aggregate"] == "distinct":
            return len({text(value) for value in values if scalar(value)})
        numbers = [Fraction(text(value)) for value in values if counts(value)]
        if not numbers:
            return Fraction(0) if condition["aggregate"] == "sum" else None
        return {
            "sum": lambda: sum(numbers),
            "average": lambda: sum(numbers) / len(numbers),
            "minimum": lambda: min(numbers),
            "maximum": lambda: max(numbers),
        }[condition["aggregate"]]()

    def _amount(self, condition: Data) -> bool:
        found, wanted = self.amount(condition), Fraction(text(condition["value"]))
        return found is not None and compares(condition["comparison"], found, wanted)

    def value(self, condition: Data) -> Any:
        name = condition["test"]["property"]
        events = [event for event in self.windowed(condition) if scalar(event.properties.get(name))]
        if not events:
            return None
        ordered = sorted(events, key=lambda event: (event.at, text(event.properties[name])))
        return ordered[0 if condition["which"] == "first" else -1].properties[name]

    def _value(self, condition: Data) -> bool:
        return passes(condition["test"], self.value(condition))

    def favourite(self, condition: Data) -> Any:
        name = condition["test"]["property"]
        said = sorted(
            (event.at, text(event.properties[name]))
            for event in self.lately(self.matching(condition), condition["within_days"])
            if scalar(event.properties.get(name))
        )[-1000:]
        best: Any = None
        for value in {value for _, value in said}:
            at = [instant for instant, each in said if each == value]
            best = max(best or (0,), (len(at), max(at), value))
        return json.loads(best[2]) if best else None

    def _favourite(self, condition: Data) -> bool:
        return passes(condition["test"], self.favourite(condition))

    def ratio(self, condition: Data) -> Fraction | None:
        whole = len(self.lately(self.matching(condition["whole"]), condition.get("within_days")))
        if not whole:
            return None
        part = whole - 1
        if condition.get("part"):
            part = len(self.lately(self.matching(condition["part"]), condition.get("within_days")))
        return Fraction(part, whole)

    def _ratio(self, condition: Data) -> bool:
        found, wanted = self.ratio(condition), Fraction(text(condition["value"]))
        return found is not None and compares(condition["comparison"], found, wanted)

    def periods(self, condition: Data) -> list[Any]:
        """What the compared periods came to, the latest first."""
        start = self._period_start(self.today, condition["unit"])
        figures: list[Any] = []
        for _ in range(condition["periods"] + 1):
            end, start = start, self._period_start(start - _DAY, condition["unit"])
            inside = [e for e in self.matching(condition) if start <= self.day(e) < end]
            if condition.get("aggregate", "count") == "count":
                figures.append(len(inside))
            else:
                values = [event.properties.get(condition["property"]) for event in inside]
                figures.append(sum(Fraction(text(value)) for value in values if counts(value)))
        return figures

    def _trend(self, condition: Data) -> bool:
        figures = self.periods(condition)
        pairs = list(zip(figures[1:], figures, strict=False))
        if condition["direction"] == "falling":
            return all(before > after for before, after in pairs)
        return all(before < after for before, after in pairs)

    def _period_start(self, day: date, unit: str) -> date:
        while (day.weekday() != 0) if unit == "week" else (day.day != 1):
            day -= _DAY
        return day

    def sequence(self, condition: Data) -> datetime | None:
        """When it was last complete."""
        steps = [self.matching(step) for step in condition["steps"]]
        without = self.matching(condition["without"]) if condition.get("without") else []
        reach = timedelta(seconds=condition["within_seconds"])
        complete: list[datetime] = []
        for chain in product(*steps):
            instants = [event.at for event in chain]
            first, last = instants[0], instants[-1]
            if (
                instants == sorted(set(instants))
                and last - first <= reach
                and self.lately([chain[-1]], condition.get("within_days", 30))
                and not any(first < event.at < last for event in without)
            ):
                complete.append(last)
        return max(complete, default=None)

    def _sequence(self, condition: Data) -> bool:
        return self.sequence(condition) is not None

    # --- leaves about the person --------------------------------------------------------------

    def trait(self, name: str) -> Any:
        claims = [
            (event.at, event.source_id, text(event.traits[name]), event.traits[name])
            for event in self.events
            if event.name == "$identify" and name in event.traits
        ]
        return max(claims, key=lambda claim: claim[:3])[3] if claims else None

    def _trait(self, condition: Data) -> bool:
        return passes(condition, self.trait(condition["trait"]))

    def activity(self, condition: Data) -> Any:
        """How many events, or how many days, of which the last one need not be over."""
        instants = [event.at for event in self.events if event.name not in ("$tagged", "$listed")]
        if condition["about"] == "events":
            return len(instants)
        if not instants:
            return None
        since = max(instants) if condition["about"] == "silence_days" else min(instants)
        return Fraction((self.now - since) // timedelta(microseconds=1), 86_400_000_000)

    def _activity(self, condition: Data) -> bool:
        found = self.activity(condition)
        if found is None:
            return False
        if condition["comparison"] == "at_least":
            return bool(found >= condition["value"])
        return bool(found < condition["value"])

    def _date(self, condition: Data) -> bool:
        day = self.source(condition["source"])
        if day is None:
            return False
        for ahead in range(condition["from_days"], condition["to_days"] + 1):
            then = self.today + ahead * _DAY
            if condition.get("repeats", "never") == "never":
                found = then == day
            elif condition.get("calendar", "solar") == "solar":
                found = then.year > day.year and same_day(then, day)
            else:
                found = same_lunar_day(then, day)
            if found:
                return True
        return False

    def source(self, source: Data) -> date | None:
        if source["type"] == "trait":
            value = self.trait(source["trait"])
            if type(value) is not str or not re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                return None
            try:
                return datetime.strptime(value[:10], "%Y-%m-%d").date()  # noqa: DTZ007
            except ValueError:
                return None
        days = sorted(map(self.day, self.matching(source)))
        if not days:
            return None
        return days[0 if source.get("which", "first") == "first" else -1]


def oracle(condition: Data, history: Iterable[Happening], now: datetime, zone: ZoneInfo) -> bool:
    """Does the person match the condition, given as plain JSON data?"""
    return Reading(history, now, zone).holds(condition)


def same_day(then: date, day: date) -> bool:
    if (day.month, day.day) == (2, 29) and (then.month, then.day) == (2, 28):
        return (then + _DAY).month == 3
    return (then.month, then.day) == (day.month, day.day)


def same_lunar_day(then: date, day: date) -> bool:
    try:
        born, now = LunarDate.from_solar(day), LunarDate.from_solar(then)
    except ValueError:
        return False
    if now.year <= born.year or now.leap or now.month != born.month or now.year > 2099:
        return False
    is_last = now.day == LCalendars.ndays(now.year, now.month)
    return bool(now.day == born.day or (born.day == 30 and is_last and now.day == 29))
