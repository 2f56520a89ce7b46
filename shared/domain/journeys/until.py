"""Until when a `wait` waits, other than for a duration: a date, or a time of day."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from shared.domain.journeys.parts import Part, not_a_bare_number

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""Hours and minutes on the person's own clock."""


def _not_a_timestamp(value: object) -> object:
    if isinstance(value, int | float):
        raise ValueError("a date-time is ISO 8601, such as 2026-12-24T18:00:00+08:00")  # noqa: TRY004
    return value


def _to_the_second(at: datetime) -> datetime:
    if at.microsecond:
        raise ValueError("a date-time is in whole seconds")
    if not 1970 <= at.year < 9000:
        raise ValueError("a date-time is one of this age, after 1970")
    return at


def _whole_days(offset: timedelta) -> timedelta:
    if offset % timedelta(days=1):
        raise ValueError("an offset is in whole days, such as -P3D")
    return offset


class UntilAt(Part):
    """A date-time: with an offset an instant, without one a local time of the workspace."""

    at: Annotated[datetime, BeforeValidator(_not_a_timestamp), AfterValidator(_to_the_second)]


class UntilTime(Part):
    """The next time that the person's clock shows this time of day."""

    time: TimeOfDay


class UntilWeekday(Part):
    """The next of these days of the week, at a time of day, where the person lives."""

    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
    time: TimeOfDay


class UntilUsualHour(Part):
    """The next beginning of the hour at which the person is usually active.

    Whoever has no habit yet is waited for until the time of day `time`.
    """

    usual_hour: Literal[True]
    time: TimeOfDay


class UntilTrait(Part):
    """So many days after (or before) the date in a trait, at a time of day where the person lives.

    The date is a text that begins with `YYYY-MM-DD`.
    """

    trait: Annotated[str, Field(min_length=1, max_length=200)]
    offset: Annotated[
        timedelta,
        BeforeValidator(not_a_bare_number),
        Field(ge=timedelta(days=-3_650), le=timedelta(days=3_650)),
        AfterValidator(_whole_days),
    ] = timedelta(0)
    time: TimeOfDay


def _kind(data: Any) -> str:  # noqa: ANN401 - anything at all can be written there
    """Which kind it is by its fields; what is none is a time of day without one."""
    for kind in ("at", "trait", "weekdays", "usual_hour"):
        if kind in data if isinstance(data, dict) else hasattr(data, kind):
            return kind
    return "time"


Until = Annotated[
    Annotated[UntilAt, Tag("at")]
    | Annotated[UntilTime, Tag("time")]
    | Annotated[UntilWeekday, Tag("weekdays")]
    | Annotated[UntilUsualHour, Tag("usual_hour")]
    | Annotated[UntilTrait, Tag("trait")],
    Discriminator(_kind),
]


def days_between(until: UntilTime | UntilWeekday | UntilUsualHour) -> int:
    """The most days that can lie before the next time of day that is asked for."""
    if not isinstance(until, UntilWeekday):
        return 1
    days = sorted({WEEKDAYS.index(day) for day in until.weekdays})
    return max(
        later - earlier for earlier, later in zip(days, [*days[1:], days[0] + 7], strict=True)
    )
