"""What the admin API is asked and answers about broadcasts."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from shared.domain.broadcasts.model import Group, State, Why
from shared.domain.journeys.parts import Duration, Slug, StepName
from shared.domain.journeys.rules import Rate
from shared.domain.journeys.until import TimeOfDay
from shared.domain.workspace.audience_answers import AudienceNamed
from shared.domain.workspace.stories import Instant


class NewSample(BaseModel):
    """A share of the people goes first; the variant that does best goes to the rest.

    `experiment` names the step that is compared; it may be left out where there is but one. The
    decision falls `decide_after` the last of the sample was asked, by the goal of the journey. With
    fewer than `least` people who reached it, of all variants together, the control wins.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    share: Annotated[float, Field(gt=0, lt=1)]
    decide_after: Duration
    experiment: StepName | None = None
    least: Annotated[int, Field(ge=1, le=1_000_000)] = 10


class NewBroadcast(AudienceNamed):
    """Whom to ask into a journey that is entered by call.

    Who is in it is found out `at` that instant, now unless told, and stays. With `local_time`
    everybody is asked when their own clock shows it next. At most `rate` people are asked a minute.
    """

    journey_id: Slug
    at: AwareDatetime | None = None
    local_time: TimeOfDay | None = None
    rate: Rate | None = None
    sample: NewSample | None = None


class SampleState(TypedDict):
    """A sample that goes first."""

    share: float
    decide_after_seconds: int
    experiment: str
    least: int


class VariantState(TypedDict):
    """What came of a variant in the sample; `share` of those who entered reached the goal."""

    variant: str
    control: bool
    entered: int
    reached: int
    share: float | None


class VerdictState(TypedDict):
    """What the rest gets: `won` by the greatest share; else the control, or the first variant."""

    winner: str
    why: Why
    at: Instant
    variants: list[VariantState]


class WaveState(TypedDict):
    """People who are asked from the same instant on; null until the sample is decided on.

    `zone` is one of the zones whose clocks go alike.
    """

    group: Group
    zone: str | None
    at: Instant | None
    people: int
    asked: int


class PlaceState(TypedDict):
    """The first person who is not asked yet: wave, batch, and place in it, from 0."""

    wave: int
    batch: int
    place: int


class BroadcastState(TypedDict):
    """A broadcast; `people` is null until it is found out who is in it.

    `asked` of them are done with; among these `left_out` were not asked, because they are gone or
    turned out to be somebody who was asked already.
    """

    broadcast_id: str
    journey_id: str
    segment_id: str | None
    state: State
    reason: str
    asked_for_at: Instant
    starts_at: Instant
    gathered_at: Instant | None
    finished_at: Instant | None
    local_time: str | None
    rate: int | None
    people: int | None
    sample: SampleState | None
    verdict: VerdictState | None


class BroadcastProgress(BroadcastState):
    """A broadcast with how far it is."""

    asked: int
    left_out: int
    next: PlaceState | None
    waves: list[WaveState]


class BroadcastAnswer(TypedDict):
    """One broadcast."""

    success: Literal[True]
    broadcast: BroadcastProgress


class BroadcastStarted(BroadcastAnswer):
    """One broadcast that was asked for; `unchanged` where it was before."""

    outcome: Literal["created", "unchanged"]


class BroadcastList(TypedDict):
    """Broadcasts, the last one asked for first."""

    success: Literal[True]
    broadcasts: list[BroadcastState]


class BroadcastPreview(TypedDict):
    """How many would be asked now, and when; `minutes` is how long that takes at its rate.

    Where people are asked by local time, the zones of `looked_at` of them were read, and the people
    of the waves are estimated by these.
    """

    success: Literal[True]
    at: Instant
    people: int
    looked_at: int
    minutes: int | None
    waves: list[WaveState]
