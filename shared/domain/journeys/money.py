"""What a journey may spend on its messages, and how much of that is left.

Money is counted in millionths of a dollar, as providers' prices have five digits behind the point.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.domain.journeys.parts import Part

MICROS_IN_DOLLAR: Final = 1_000_000
MICROS_IN_MINOR: Final = MICROS_IN_DOLLAR // 100  # a cent
Period = Literal["total", "day", "month"]


class MoneyBudget(Part):
    """What the messages of a journey may cost: in all, or in each day or month of the workspace.

    `amount_minor` is in cents of a US dollar, the currency of the price list. The first message
    that does not fit pauses the journey, and does not go out.
    """

    amount_minor: Annotated[int, Field(ge=1, le=1_000_000_000)]
    currency: Literal["USD"] = "USD"
    per: Period = "total"

    @property
    def micros(self) -> int:
        """The amount in millionths of a dollar."""
        return self.amount_minor * MICROS_IN_MINOR

    def subject(self, journey_id: str, at: datetime, zone: ZoneInfo) -> str:
        """What is counted under: the journey, in a day or month where the budget is for each."""
        day = at.astimezone(zone).date().isoformat()
        period = {"total": "total", "day": day, "month": day[:7]}[self.per]
        return f"{journey_id}@{period}"

    def spend(self, journey_id: str, micros: int, at: datetime, zone: ZoneInfo) -> "Spend":
        """What a message at an instant takes."""
        return Spend(self.subject(journey_id, at, zone), micros, self.micros)


class Paid(NamedTuple):
    """What was taken for a message: where that is counted, and how much (millionths)."""

    subject: str
    micros: int


@dataclass(frozen=True, slots=True)
class Spend:
    """What one message takes of its journey's budget, where that is counted, and what there is.

    `micros` and `limit` are in millionths of a dollar.
    """

    subject: str
    micros: int
    limit: int

    @property
    def paid(self) -> Paid:
        """The same once it is taken."""
        return Paid(self.subject, self.micros)
