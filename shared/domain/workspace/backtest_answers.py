"""What the admin API is asked and answers about backtests and the price of journeys."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from shared.domain.journeys.definition import ClockName
from shared.domain.journeys.money import Period
from shared.domain.workspace.stories import Instant

MOST_DAYS = 366

BacktestStatus = Literal["running", "done", "failed"]


class BacktestAsked(BaseModel):
    """A past period, in natural days of the workspace, and a version of the journey.

    Without `version` it is the newest one, published or not. With `runs` every run is written into
    a file as well, with its trace.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    first_day: date
    last_day: date
    version: Annotated[int, Field(ge=1)] | None = None
    runs: bool = False

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if not 0 <= (self.last_day - self.first_day).days < MOST_DAYS:
            raise ValueError(f"a period has from 1 to {MOST_DAYS} days, the last one not before")
        return self


class DayEntries(TypedDict):
    """Runs that began on a day."""

    day: str
    enrolments: int


class RunEnds(TypedDict):
    """How runs ended; `active` are those that stood in the journey when the period ended."""

    status: Literal["active", "completed", "exited"]
    reason: str
    enrolments: int


class DayMessages(TypedDict):
    """Messages of a day on a channel: `sent`, or the reason why one would not have gone out."""

    day: str
    channel: str
    outcome: str
    messages: int


class StepCount(TypedDict):
    """How often a step decided so."""

    step: str
    decision: str
    times: int


class NamedCount(TypedDict):
    """How many there are of something."""

    name: str
    times: int


class ClockPrice(TypedDict):
    """What AWS takes for the runs, by a clock."""

    clock: ClockName
    usd: float


class ChannelPrice(TypedDict):
    """What a provider takes for messages: emails, or segments of text messages.

    `is_sure` says that the price was read off a price list; else it is an account of one.
    """

    channel: str
    parts: int
    usd: float
    source: str
    is_sure: bool


class BacktestCost(TypedDict):
    """Dollars at list price, by both clocks and by channel."""

    clocks: list[ClockPrice]
    delivery: list[ChannelPrice]
    prices_as_of: str


class DayDeferrals(TypedDict):
    """How often messages were put off on a day, and why: a message can wait more than once."""

    day: str
    channel: str
    reason: str
    times: int


class BacktestReport(TypedDict):
    """What a journey would have done in a past period.

    `people` were looked at, `events` were read. `turned_away` says why entries began nothing: too
    old on arrival, or the person may not enter again. `note` says what it does not tell.
    """

    people: int
    events: int
    people_entered: int
    enrolments: int
    held_out: int
    inside: int
    goals: int
    sent: int
    entries: list[DayEntries]
    turned_away: list[NamedCount]
    ends: list[RunEnds]
    messages: list[DayMessages]
    deferrals: list[DayDeferrals]
    actions: list[NamedCount]
    steps: list[StepCount]
    cost: BacktestCost
    samples: list[dict[str, Any]]
    note: str
    note_zh: str


class BacktestState(TypedDict):
    """A backtest that was asked for.

    `done_share` says how much of the history has been read, from 0 to 1. `runs_urls` lead to the
    pieces of the file of all runs, for a quarter of an hour; a viewer gets none.
    """

    backtest_id: str
    journey_id: str
    version: int
    first_day: str
    last_day: str
    until: Instant
    status: BacktestStatus
    reason: str
    requested_at: Instant
    finished_at: Instant | None
    expires_at: Instant
    people: int
    events: int
    done_share: float
    report: BacktestReport | None
    runs_urls: list[str]


class BacktestAnswer(TypedDict):
    """A backtest, with its report once it is done."""

    success: Literal[True]
    backtest: BacktestState


class Range(TypedDict):
    """The least and the most."""

    least: float
    most: float


class ClockRange(TypedDict):
    """What AWS takes to let so many people through, by a clock."""

    clock: ClockName
    usd: Range


class ChannelRange(TypedDict):
    """What a channel takes for so many people."""

    channel: str
    parts: Range
    usd: Range
    source: str
    is_sure: bool


class TemplateParts(TypedDict):
    """What a template is paid by, rendered for the example; `problem` where it cannot be."""

    template_id: str
    channel: str | None
    parts: int
    problem: str


class OwnBudget(TypedDict):
    """What the messages of a journey may cost by its definition, and whether that lasts for all.

    `lasts` is null where it is the budget of each day or month.
    """

    usd: float
    per: Period
    lasts: bool | None


class CostPreview(TypedDict):
    """What a journey costs for so many people, whichever ways they take."""

    journey_id: str
    version: int
    people: int
    clock: ClockName
    clocks: list[ClockRange]
    delivery: list[ChannelRange]
    templates: list[TemplateParts]
    total_usd: Range
    budget_usd: float | None
    is_within_budget: bool | None
    own_budget: OwnBudget | None
    prices_as_of: str


class CostAnswer(TypedDict):
    """The price of a journey before anybody is in it."""

    success: Literal[True]
    cost: CostPreview


class CostAsked(BaseModel):
    """How many people, the example person that templates are rendered for, and a budget."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    people: Annotated[int, Field(ge=1, le=10**9)] = 1_000_000
    version: Annotated[int, Field(ge=1)] | None = None
    traits: dict[str, Any] = Field(default_factory=dict)
    budget_usd: Annotated[float, Field(gt=0)] | None = None
