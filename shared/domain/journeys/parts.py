"""The small parts that definitions of journeys are made of: names, durations, strict models."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

# A Step Functions execution lives for a year at most; the day left over is for retries.
LONGEST: Final = timedelta(days=364)

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
StepName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\w([\w .-]*[\w.-])?$")]
EventName = Annotated[str, Field(min_length=1, max_length=200)]


def not_a_bare_number(value: object) -> object:
    """Refuse numbers, of which nobody can tell whether they are seconds or days."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError("a duration is ISO 8601, such as P1D or PT30M")  # noqa: TRY004
    return value


def _whole_seconds(duration: timedelta) -> timedelta:
    if duration.microseconds:
        raise ValueError("a duration is in whole seconds")
    return duration


Duration = Annotated[
    timedelta,
    BeforeValidator(not_a_bare_number),
    Field(ge=timedelta(seconds=1), le=LONGEST),
    AfterValidator(_whole_seconds),
]


class Part(BaseModel):
    """A part of a definition: it never changes, and fields that nobody knows are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
