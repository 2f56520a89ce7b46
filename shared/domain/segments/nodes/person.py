"""Leaves about the person: traits, how long seen, dates, and what definitions call them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.domain.messages.channels import Channel
from shared.domain.segments.nodes.base import DefinitionId, Name, StrictModel, ValueTest
from shared.domain.segments.nodes.events import Days, EventPattern
from shared.domain.workspace.purposes import ConsentPurpose, Purpose

Stage = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
# What something is about; empty is nothing in particular.
Topic = Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,63})?$")]


class TraitCondition(ValueTest):
    """Compares one trait; `not` around `equals` takes those without the trait too."""

    type: Literal["trait"] = "trait"
    trait: Name


class ActivityCondition(StrictModel):
    """How long ago the last event was (silence) or the first one (age), or how many there were.

    Days are of 24 hours, to the millisecond: a silence of 14 begins 14 x 24 hours after the last
    event of any kind. Whoever has done nothing has 0 events, and neither silence nor age. What
    Rapport itself did (`events.own.OWN_EVENTS`) does not count.
    """

    type: Literal["activity"] = "activity"
    about: Literal["silence_days", "age_days", "events"]
    comparison: Literal["at_least", "less_than"]
    value: Annotated[int, Field(ge=0, le=1_000_000)]


class TraitDate(StrictModel):
    """A date in a trait: a text that begins with `YYYY-MM-DD`."""

    type: Literal["trait"] = "trait"
    trait: Name


class EventDate(EventPattern):
    """The natural day on which an event happened for the first or the last time."""

    type: Literal["event"] = "event"
    which: Literal["first", "last"] = "first"


DateSource = Annotated[TraitDate | EventDate, Field(discriminator="type")]


class DateCondition(StrictModel):
    """A date lies so many natural days ahead: 0 is today, 7 in a week, -30 thirty days ago.

    It holds on every day from `from_days` to `to_days` before the date. With `repeats: yearly` the
    nearest anniversary counts, a birthday on 29 February on the 28th in common years, and the date
    itself is no anniversary. With `calendar: lunar` the anniversary is the day of the same lunar
    month and day; for those born in a leap month, or on a 30th that the month lacks this year, the
    regular month and the 29th. The calendar is that of `borax`
    (MIT; the GPL rules lunardate out), which knows the years 1900 to 2099.
    """

    type: Literal["date"] = "date"
    source: DateSource
    from_days: Annotated[int, Field(ge=-3_650, le=3_650)]
    to_days: Annotated[int, Field(ge=-3_650, le=3_650)]
    repeats: Literal["never", "yearly"] = "never"
    calendar: Literal["solar", "lunar"] = "solar"

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.from_days > self.to_days:
            raise ValueError("from_days is after to_days")
        if self.repeats == "yearly" and (self.from_days < -31 or self.to_days > 31):
            raise ValueError("an anniversary is looked for at most 31 days around today")
        if self.calendar == "lunar" and self.repeats == "never":
            raise ValueError("calendar lunar needs repeats: yearly")
        return self


class TagCondition(ValueTest):
    """Compares the value of a tag, as it is now."""

    type: Literal["tag"] = "tag"
    tag_id: DefinitionId


class LifecycleCondition(StrictModel):
    """Stands in one of these lifecycle stages."""

    type: Literal["lifecycle"] = "lifecycle"
    stages: Annotated[tuple[Stage, ...], Field(min_length=1, max_length=20)]


class SegmentCondition(StrictModel):
    """Matches another segment; segments may not lead back to themselves."""

    type: Literal["segment"] = "segment"
    segment_id: DefinitionId


class ListCondition(StrictModel):
    """Is on a list."""

    type: Literal["list"] = "list"
    list_id: DefinitionId


class MessageCondition(StrictModel):
    """Was sent, opened or clicked messages, at least so many times."""

    type: Literal["message"] = "message"
    outcome: Literal["sent", "opened", "clicked"]
    journey_id: DefinitionId | None = None
    template_id: DefinitionId | None = None
    channel: Name | None = None
    times: Annotated[int, Field(ge=1, le=1_000)] = 1
    within_days: Days | None = None


class JourneyCondition(StrictModel):
    """Entered, completed or left a journey, at least once."""

    type: Literal["journey"] = "journey"
    journey_id: DefinitionId
    outcome: Literal["entered", "completed", "exited"]
    within_days: Days | None = None


class ConsentCondition(StrictModel):
    """Agreed to this; who never said anything did not.

    The most specific word holds: the one for topic and channel; else those for the topic and for
    the channel alone, of which a refusal wins; else the one for all of the purpose.
    """

    type: Literal["consent"] = "consent"
    purpose: ConsentPurpose
    topic: Topic = ""
    channel: Channel | None = None


class ReachableCondition(StrictModel):
    """Can be sent messages of a purpose on a channel: has an address there, and may be written to.

    Whether consent is needed is a matter of the workspace's settings, as when a message goes out.
    """

    type: Literal["reachable"] = "reachable"
    channel: Channel
    purpose: Purpose
    topic: Topic = ""
