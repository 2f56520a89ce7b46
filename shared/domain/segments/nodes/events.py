"""Leaves about what a person did: how often, how much, which value, in which order, how it goes on.

A window of N days means the last N natural days in the workspace's time zone, today included.
"""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from shared.domain.segments.nodes.base import (
    AmountComparison,
    Comparison,
    Name,
    Number,
    StrictModel,
    ValueTest,
)

MAX_DAYS: Final = 730
# What needs single occurrences, not the sums of days, looks at most so far back.
MAX_FINE_DAYS: Final = 92
MAX_FINE_SECONDS: Final = MAX_FINE_DAYS * 86_400
MAX_SEQUENCE_SECONDS: Final = 31 * 86_400
MAX_FILTERS: Final = 10
MAX_FAVOURITE_VALUES: Final = 1_000  # the latest that a favourite is found among

Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]
FineDays = Annotated[int, Field(ge=1, le=MAX_FINE_DAYS)]
FineSeconds = Annotated[int, Field(ge=1, le=MAX_FINE_SECONDS)]


class PropertyFilter(ValueTest):
    """Compares one property of an event, named at the top level of `properties`."""

    property: Name


class EventPattern(StrictModel):
    """Events of a name whose properties pass every filter."""

    event: Name
    where: Annotated[tuple[PropertyFilter, ...], Field(max_length=MAX_FILTERS)] = ()


class RollingWindow(StrictModel):
    """The last so many seconds, to the millisecond: `now - seconds < occurred_at <= now`."""

    type: Literal["rolling"] = "rolling"
    seconds: FineSeconds


class BetweenWindow(StrictModel):
    """Natural days from the first to the last one, both included."""

    type: Literal["between"] = "between"
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first_day > self.last_day:
            raise ValueError("first_day is after last_day")
        return self


class AnchoredWindow(StrictModel):
    """So many seconds after (or before) the first or last time that another event happened.

    After: `anchor < occurred_at <= anchor + seconds`. Before: `anchor - seconds <= occurred_at <
    anchor`. Whoever never did the other event has nothing in this window.
    """

    type: Literal["after", "before"]
    anchor: EventPattern
    which: Literal["first", "last"] = "first"
    seconds: FineSeconds


Window = Annotated[RollingWindow | BetweenWindow | AnchoredWindow, Field(discriminator="type")]


class _Windowed(EventPattern):
    within_days: Days | None = None
    window: Window | None = None

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        if self.within_days is not None and self.window is not None:
            raise ValueError("either within_days or window, not both")
        return self


class EventCondition(_Windowed):
    """Did the event at least / at most / exactly N times in a window; `at_most 0` is did not.

    Without a window every time counts that is known.
    """

    type: Literal["event"] = "event"
    comparison: Comparison = "at_least"
    times: Annotated[int, Field(ge=0, le=1_000_000)] = 1


class AmountCondition(_Windowed):
    """Compares the sum, average, minimum or maximum of a property, or its number of values.

    Numbers count that are written with at most 12 digits before and 18 after the point, without an
    exponent; sums are exact. Texts, lists and what is missing are passed over. The sum of nothing
    is 0; an average, minimum or maximum of nothing compares as false. `distinct` counts different
    texts, numbers and truths, told apart by the JSON text of their first 200 characters, and needs
    a window of at most 92 days, because single values have to be looked at.
    """

    type: Literal["amount"] = "amount"
    aggregate: Literal["sum", "average", "minimum", "maximum", "distinct"]
    property: Name
    comparison: AmountComparison
    value: Number

    @model_validator(mode="after")
    def _distinct_is_bounded(self) -> Self:
        fine = isinstance(self.window, RollingWindow | AnchoredWindow)
        days = self.within_days or MAX_DAYS
        if self.aggregate == "distinct" and not fine and days > MAX_FINE_DAYS:
            raise ValueError(f"distinct needs within_days of at most {MAX_FINE_DAYS}, or seconds")
        return self


class ValueCondition(_Windowed):
    """Compares the first or the last value of a property.

    Texts, numbers and truths count, of a long text its first 200 characters; an event without such
    a value is passed over. Of two values at the same millisecond the one with the smaller JSON text
    is the first, that with the greater one the last.
    """

    type: Literal["value"] = "value"
    which: Literal["first", "last"]
    test: PropertyFilter


class FavouriteCondition(EventPattern):
    """Compares the most frequent value of a property: favourite category, channel or brand.

    Texts, numbers and truths count, among the latest 1,000 values in the last natural days, told
    apart by the JSON text of their first 200 characters. Of equally frequent ones the one that came
    last is the favourite, then the greater JSON text.
    """

    type: Literal["favourite"] = "favourite"
    test: PropertyFilter
    within_days: FineDays


class RatioCondition(StrictModel):
    """Compares how often one thing was done with how often another was (refunds to orders).

    Without `part` it is the share of repetitions: of 3 orders 2 are repurchases, which is 2/3.
    Whoever never did the whole has no ratio and does not match, whatever is compared.
    """

    type: Literal["ratio"] = "ratio"
    part: EventPattern | None = None
    whole: EventPattern
    comparison: AmountComparison
    value: Annotated[Number, Field(ge=0)]
    within_days: Days | None = None


class TrendCondition(EventPattern):
    """Fell, or rose, so many periods in a row.

    Whole periods are compared, each with the one before it: 3 falls need 4 months, the last of
    which is the month before the current one. Weeks begin on Monday. Equal is neither.
    """

    type: Literal["trend"] = "trend"
    aggregate: Literal["count", "sum"] = "count"
    property: Name | None = None
    direction: Literal["falling", "rising"]
    periods: Annotated[int, Field(ge=1, le=12)]
    unit: Literal["week", "month"]

    @model_validator(mode="after")
    def _sum_of_something(self) -> Self:
        if (self.aggregate == "sum") != (self.property is not None):
            raise ValueError("a property for aggregate sum, and for nothing else")
        return self


class SequenceCondition(StrictModel):
    """Did one thing after the other within some time, with something else not in between.

    Each step happened later than the one before it, and the last one at most `within_seconds` after
    the first one and within the last `within_days` natural days. `without` must not have happened
    after the first step and before the last one.
    """

    type: Literal["sequence"] = "sequence"
    steps: Annotated[tuple[EventPattern, ...], Field(min_length=2, max_length=5)]
    within_seconds: Annotated[int, Field(ge=1, le=MAX_SEQUENCE_SECONDS)]
    without: EventPattern | None = None
    within_days: FineDays = 30
