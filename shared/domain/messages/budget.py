"""The contact budget: how often somebody may be written to, over all journeys together.

A cap lets `most` messages out within a time that rolls on (`within`) or within each day, week or
month of the person's own calendar (`per`). Who has priority goes first: whoever waits for room with
a higher priority, or with the same and longer, counts as if it had gone out already. And a cap may
keep a `reserve` for those whose priority is `reserve_for` or more, who may not even wait yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal, NamedTuple, Self, assert_never
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_serializer,
    model_validator,
)

from shared.domain.journeys.local_time import on_day
from shared.domain.journeys.parts import not_a_bare_number
from shared.domain.messages.channels import Channel
from shared.domain.messages.ledger import Ledger, Use, Wait
from shared.domain.workspace.purposes import Purpose

Period = Literal["day", "week", "month"]
LONGEST: Final = timedelta(days=92)  # uses are kept as long as a cap counts them
_DEFAULT_PURPOSES: Final[frozenset[Purpose]] = frozenset({"marketing", "service"})
_MIDNIGHT: Final = datetime.min.time()


class Cap(BaseModel):
    """At most so many messages to one person: `within` a duration, or `per` day, week or month.

    It may be of one channel, of one topic, of some purposes; transactional messages count only
    where it names that purpose.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    most: Annotated[int, Field(ge=1, le=1_000)]
    within: (
        Annotated[
            timedelta,
            BeforeValidator(not_a_bare_number),
            Field(ge=timedelta(minutes=1), le=LONGEST),
        ]
        | None
    ) = None
    per: Period | None = None
    channel: Channel | None = None
    topic: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")] | None = None
    purposes: Annotated[frozenset[Purpose], Field(min_length=1)] = _DEFAULT_PURPOSES
    reserve: Annotated[int, Field(ge=0, le=1_000)] = 0
    reserve_for: Annotated[int, Field(ge=1, le=100)] = 80

    @model_validator(mode="after")
    def _says_one_time(self) -> Self:
        if (self.within is None) == (self.per is None):
            raise ValueError("a cap needs `within`, a duration, or `per`, and not both")
        if self.reserve >= self.most:
            raise ValueError("the reserve must leave something of `most`")
        return self

    @field_serializer("purposes")
    def _in_one_order(self, purposes: frozenset[Purpose]) -> list[str]:
        return sorted(purposes)

    @property
    def limit(self) -> "Limit":
        """The same as dispatch counts it."""
        return Limit(
            most=self.most,
            within=self.within,
            per=self.per,
            channel=self.channel,
            topic=self.topic,
            purposes=self.purposes,
            reserve=self.reserve,
            reserve_for=self.reserve_for,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A cap, of the operator's making or of a channel's own rules.

    `form` is that of the template (of WeCom, `customer_task`); `zone` is whose calendar counts
    where it is not the person's.
    """

    most: int
    within: timedelta | None = None
    per: Period | None = None
    channel: Channel | None = None
    form: str | None = None
    topic: str | None = None
    purposes: frozenset[Purpose] | None = None
    reserve: int = 0
    reserve_for: int = 0
    zone: ZoneInfo | None = None

    def covers(self, use: Use) -> bool:
        """Whether such a message counts."""
        return (
            (self.channel is None or self.channel == use.channel)
            and (self.form is None or self.form == use.form)
            and (self.topic is None or self.topic == use.topic)
            and (self.purposes is None or use.purpose in self.purposes)
        )

    def counted_until(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The instant from which on a message of the instant `at` counts no more."""
        if self.within is not None:
            return at + self.within
        own = self.zone or zone
        day = at.astimezone(own).date()
        match self.per:
            case "day":
                day += timedelta(days=1)
            case "week":
                day += timedelta(days=7 - day.weekday())
            case "month":
                day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
            case None:
                raise ValueError("a limit needs `within` or `per`")
            case _:
                assert_never(self.per)
        return on_day(day, _MIDNIGHT, own)

    def most_for(self, priority: int) -> int:
        """How many there may be for a message of this priority to be one of them."""
        return self.most if priority >= self.reserve_for else self.most - self.reserve


class Room(NamedTuple):
    """When there is room, and which limit had none until then."""

    at: datetime
    limit: Limit | None


def room(
    limits: Iterable[Limit], ledger: Ledger, wanted: Wait, now: datetime, zone: ZoneInfo
) -> Room:
    """The first instant from `now` on at which a message has room under every limit.

    `wanted` is the message as it would wait; whether it waits already makes no difference.
    """
    found = Room(now, None)
    for limit in limits:
        if limit.covers(wanted.use):
            at = _room(limit, ledger, wanted, now, zone)
            if at > found.at:
                found = Room(at, limit)
    return found


def _room(limit: Limit, ledger: Ledger, wanted: Wait, now: datetime, zone: ZoneInfo) -> datetime:
    used = (
        limit.counted_until(use.at, zone)
        for name, use in ledger.used.items()
        if name != wanted.message_id and limit.covers(use)
    )
    taken = sorted(used)
    for other in _before(limit, ledger.waiting.values(), wanted, now):
        goes = max(other.until, _free(taken, limit.most_for(other.priority), now))
        taken = sorted([*taken, limit.counted_until(goes, zone)])
    return _free(taken, limit.most_for(wanted.priority), now)


def _before(limit: Limit, waiting: Iterable[Wait], wanted: Wait, now: datetime) -> Sequence[Wait]:
    """Those who wait for the same room and go first, in their order."""
    first = (
        one
        for one in waiting
        if one.message_id != wanted.message_id
        and one.precedence < wanted.precedence
        and one.is_coming(now)
        and limit.covers(one.use)
    )
    return sorted(first, key=lambda one: one.precedence)


def _free(taken: Sequence[datetime], most: int, now: datetime) -> datetime:
    """When fewer than `most` of those are left that are taken until the instants, in order."""
    return now if len(taken) < most else max(now, taken[-most])
