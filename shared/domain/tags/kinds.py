"""The kinds of tags: where the value of a tag comes from, as a closed union."""

from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from shared.domain.segments.condition import Condition
from shared.domain.segments.nodes.base import Name, Number, StrictModel
from shared.domain.segments.nodes.events import (
    MAX_DAYS,
    MAX_FINE_DAYS,
    AnchoredWindow,
    Days,
    EventPattern,
    FineDays,
    RollingWindow,
    Window,
)

MAX_TIMES: Final = 1_000_000
MAX_TAG_VALUES: Final = 40  # with `otherwise` they still fit into one group of the condition tree

Title = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[float, Field(gt=0, lt=1)]
GivenValue = Name | bool | Number


class TagValue(StrictModel):
    """A value that a tag can have, and what operators call it."""

    value: Name
    title: Title
    title_zh: Title | None = None


class RuleValue(StrictModel):
    """A value of a rule tag and the condition under which a person has it."""

    value: GivenValue
    title: Title
    title_zh: Title | None = None
    condition: Condition


class _Windowed(EventPattern):
    """Events in a window; without one, every event that is known counts."""

    within_days: Days | None = None
    window: Window | None = None

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        if self.within_days is not None and self.window is not None:
            raise ValueError("either within_days or window, not both")
        return self


class RuleTag(StrictModel):
    """The first value whose condition matches, else `otherwise`; without it, no value."""

    type: Literal["rule"] = "rule"
    values: Annotated[tuple[RuleValue, ...], Field(min_length=1, max_length=MAX_TAG_VALUES)]
    otherwise: GivenValue | None = None

    @model_validator(mode="after")
    def _values_are_told_apart(self) -> Self:
        known = {(isinstance(one.value, bool), one.value) for one in self.values}
        if len(known) < len(self.values):
            raise ValueError("the same value is there twice; join its conditions with `any`")
        return self


class StatisticTag(_Windowed):
    """How often, or the sum, average, minimum, maximum or number of values of a property.

    Counts, sums and numbers of values are 0 for those who did nothing; the others are no value.
    """

    type: Literal["statistic"] = "statistic"
    aggregate: Literal["count", "sum", "average", "minimum", "maximum", "distinct"]
    property: Name | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if (self.aggregate == "count") == (self.property is not None):
            raise ValueError("a property for every aggregate but count")
        fine = isinstance(self.window, RollingWindow | AnchoredWindow)
        days = self.within_days or MAX_DAYS
        if self.aggregate == "distinct" and not fine and days > MAX_FINE_DAYS:
            raise ValueError(f"distinct needs within_days of at most {MAX_FINE_DAYS}, or seconds")
        return self


class FavouriteTag(EventPattern):
    """The most frequent value of a property: favourite category, channel or brand."""

    type: Literal["favourite"] = "favourite"
    property: Name
    within_days: FineDays


class FirstLastTag(_Windowed):
    """The first or the last value of a property, such as the channel somebody came from."""

    type: Literal["first_last"] = "first_last"
    which: Literal["first", "last"]
    property: Name


class RatioTag(StrictModel):
    """How often one thing was done for each time of another: refund rate, referral rate.

    Without `part` it is the share of repetitions: the repurchase rate, where the whole is orders.
    Whoever never did the whole has no value.
    """

    type: Literal["ratio"] = "ratio"
    part: EventPattern | None = None
    whole: EventPattern
    within_days: Days | None = None


class _Numbers(StrictModel):
    """From where on recency, frequency and money are called high."""

    recency_days: Days
    frequency: Annotated[int, Field(ge=1, le=MAX_TIMES)]
    monetary: Number


class FixedThresholds(_Numbers):
    """From where on recency, frequency and money are called high."""

    type: Literal["fixed"] = "fixed"


class _Shares(StrictModel):
    recency_share: Share
    frequency_share: Share
    monetary_share: Share


class ComputedThresholds(_Numbers, _Shares):
    """The numbers behind shares of buyers: for which shares, at which instant, of how many people.

    Rapport writes them. They stay until they are computed again, so that everybody is judged by
    the same numbers.
    """

    at: AwareDatetime
    people: Annotated[int, Field(ge=1)]


class QuantileThresholds(_Shares):
    """The shares of buyers that are called high; `computed_thresholds` are the numbers behind them.

    What is put as `computed_thresholds` is passed over: Rapport computes them. Nobody has a value
    before it did, and while nobody has bought in the window.
    """

    type: Literal["quantile"] = "quantile"
    computed_thresholds: ComputedThresholds | None = None

    @property
    def waits(self) -> bool:
        """Whether the numbers have to be computed: there are none, or of other shares."""
        found = self.computed_thresholds
        return found is None or _shares(found) != _shares(self)


def _shares(of: _Shares) -> tuple[float, float, float]:
    return of.recency_share, of.frequency_share, of.monetary_share


class RfmTag(EventPattern):
    """One of eight classes of buyers: how lately, how often and for how much they bought.

    `event` is what a purchase is called and `amount` its property that holds the money. Frequency
    and money count within `within_days`. Whoever never bought has no class.
    """

    type: Literal["rfm"] = "rfm"
    amount: Name
    within_days: Days | None = None
    thresholds: Annotated[FixedThresholds | QuantileThresholds, Field(discriminator="type")]

    @property
    def numbers(self) -> FixedThresholds | ComputedThresholds | None:
        """The thresholds in force; None while they wait for being computed."""
        if isinstance(self.thresholds, FixedThresholds):
            return self.thresholds
        return self.thresholds.computed_thresholds


class ManualTag(StrictModel):
    """Set by people or imports: one of `values`, or any text when there are none."""

    type: Literal["manual"] = "manual"
    values: Annotated[tuple[TagValue, ...], Field(max_length=MAX_TAG_VALUES)] = ()

    def allows(self, value: str) -> bool:
        """Whether the tag can have this value; the empty text takes its value away."""
        return not value or not self.values or value in {one.value for one in self.values}


TagKind = RuleTag | StatisticTag | FavouriteTag | FirstLastTag | RatioTag | RfmTag | ManualTag
