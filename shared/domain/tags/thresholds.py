"""From which numbers on buyers are called high, where a share of them is wanted.

Those count who have bought in the tag's window, each with three figures: natural days since the
last purchase, today included; purchases; money. Whoever has the same figure is high together or
not at all, so the share that is high comes as near to the wanted one as equal figures allow; of two
that are equally near the smaller one is taken. That nobody is high is one of the choices.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from math import inf, nextafter
from typing import Final, Literal, NamedTuple

from shared.domain.segments.nodes.base import MAX_NUMBER
from shared.domain.segments.nodes.events import MAX_DAYS
from shared.domain.tags.kinds import (
    MAX_TIMES,
    ComputedThresholds,
    QuantileThresholds,
    RfmTag,
)
from shared.domain.tags.model import Tag

Figure = Literal["recency", "frequency", "monetary"]


class Cut(NamedTuple):
    """A place between buyers: from this value of a figure on, so many of all are high.

    Greater is better: of recency the value is the number of days below zero.
    """

    figure: Figure
    value: Decimal
    high: int
    people: int


_NUMBERS: Final[Mapping[str, Figure]] = {
    "recency": "recency",
    "frequency": "frequency",
    "monetary": "monetary",
}


def cut_of(row: Mapping[str, str | None]) -> Cut:
    """Read a row of `cuts`."""
    figure, value, high, people = (row[name] or "" for name in Cut._fields)
    return Cut(_NUMBERS[figure], Decimal(value), int(high), int(people))


def computed(
    shares: QuantileThresholds, cuts: Iterable[Cut], at: datetime
) -> ComputedThresholds | None:
    """The numbers that fit the shares best; None where nobody has bought."""
    by_figure: dict[Figure, list[Cut]] = {}
    for cut in cuts:
        by_figure.setdefault(cut.figure, []).append(cut)
    if not by_figure:
        return None
    return ComputedThresholds(
        recency_days=_recency(by_figure["recency"], shares.recency_share),
        frequency=_frequency(by_figure["frequency"], shares.frequency_share),
        monetary=_monetary(by_figure["monetary"], shares.monetary_share),
        recency_share=shares.recency_share,
        frequency_share=shares.frequency_share,
        monetary_share=shares.monetary_share,
        at=at,
        people=by_figure["recency"][0].people,
    )


def with_thresholds(tag: Tag, found: ComputedThresholds | None) -> Tag:
    """The tag with these numbers behind its shares; raises TypeError when it has no shares."""
    quantile = quantile_of(tag)
    if quantile is None:
        raise TypeError(f"tag {tag.tag_id!r} has no shares of buyers")
    kind, shares = quantile
    thresholds = shares.model_copy(update={"computed_thresholds": found})
    return tag.model_copy(update={"how": kind.model_copy(update={"thresholds": thresholds})})


def carried_on(before: Tag | None, wanted: Tag) -> Tag:
    """A tag as it is stored in place of another one.

    Numbers that were computed stay for as long as the figures are the same, also for other shares
    until those are computed. What the wanted tag says of computed numbers is passed over.
    """
    quantile = quantile_of(wanted)
    if quantile is None:
        return wanted
    known = quantile_of(before) if before else None
    alike = known is not None and _alike(known[0], quantile[0])
    return with_thresholds(wanted, known[1].computed_thresholds if known and alike else None)


def quantile_of(tag: Tag) -> tuple[RfmTag, QuantileThresholds] | None:
    """What the tag follows from and the shares, where it is about shares of buyers."""
    kind = tag.how
    if isinstance(kind, RfmTag) and isinstance(kind.thresholds, QuantileThresholds):
        return kind, kind.thresholds
    return None


def waits(tag: Tag) -> bool:
    """Whether numbers have to be computed for the tag."""
    quantile = quantile_of(tag)
    return quantile is not None and quantile[1].waits


def _alike(one: RfmTag, other: RfmTag) -> bool:
    """Whether the figures of both are the same for everybody."""
    return one.model_copy(update={"thresholds": other.thresholds}) == other


def _recency(cuts: Sequence[Cut], share: float) -> int:
    best = max(int(cut.value) for cut in cuts)
    nobody = max(best + 1, -MAX_DAYS)  # a day less than anybody has
    allowed = [cut for cut in cuts if cut.value >= -MAX_DAYS]
    return -int(_nearest(allowed, share, Decimal(nobody) if nobody < 0 else None))


def _frequency(cuts: Sequence[Cut], share: float) -> int:
    nobody = max(cut.value for cut in cuts) + 1
    return int(_nearest(cuts, share, nobody if nobody <= MAX_TIMES else None))


def _monetary(cuts: Sequence[Cut], share: float) -> int | float:
    nobody = max(cut.value for cut in cuts).to_integral_value(ROUND_FLOOR) + 1
    return _number(_nearest(cuts, share, nobody if nobody <= MAX_NUMBER else None))


def _nearest(cuts: Sequence[Cut], share: float, nobody: Decimal | None) -> Decimal:
    choices = [(cut.value, cut.high) for cut in cuts]
    if nobody is not None:
        choices.append((nobody, 0))
    wanted = Decimal(repr(share)) * (cuts[0].people if cuts else 1)
    return min(choices, key=lambda choice: (abs(choice[1] - wanted), choice[1]))[0]


def _number(value: Decimal) -> int | float:
    """The greatest number of a definition that is not above an exact amount."""
    value = max(value, Decimal(-MAX_NUMBER))
    if value == value.to_integral_value():
        return int(value)
    found = float(value)
    while Decimal(repr(found)) > value:
        found = nextafter(found, -inf)
    return found
