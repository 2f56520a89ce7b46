"""Bills: what runs of a journey cost by each clock, and what providers take for their messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from shared.domain.costs.prices import DELIVERY, PRICES
from shared.domain.costs.use import USE, Operation
from shared.domain.journeys.definition import ClockName

CLOCKS: Final[tuple[ClockName, ...]] = get_args(ClockName)
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)
_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """How much was done: operations, transitions of Step Functions, and parts by channel."""

    operations: Mapping[Operation, int]
    transitions: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)


def usd_of(clock: ClockName, operation: Operation) -> float:
    """What one operation costs by a clock, without transitions."""
    units = USE[clock][operation]
    return sum(n * PRICES[name].usd_per_million for name, n in units.items()) / _MILLION


def usd_of_transitions(clock: ClockName, transitions: int) -> float:
    """What so many transitions cost; by the due index there are none."""
    if clock == "due_index":
        return 0.0
    return transitions * PRICES["step_functions_transition"].usd_per_million / _MILLION


def usd_of_parts(channel: str, parts: int) -> float:
    """What a provider takes; nothing is known of channels that have no price."""
    price = next((price for name, price in DELIVERY.items() if name == channel), None)
    return parts * price.usd_per_million / _MILLION if price else 0.0


def running_usd(work: Work, clock: ClockName) -> float:
    """What it takes of AWS to let people through, by a clock."""
    operations = sum(n * usd_of(clock, name) for name, n in work.operations.items())
    return operations + usd_of_transitions(clock, work.transitions)


def delivery_usd(work: Work) -> dict[str, float]:
    """What providers take, by channel."""
    return {channel: usd_of_parts(channel, n) for channel, n in sorted(work.parts.items())}
