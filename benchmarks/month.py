"""An example month, by what was measured, beside the list prices of others for the same work."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.budgets import Figures

PEOPLE: Final = 1_000_000
EVENTS: Final = 10_000_000
EMAILS: Final = 3_000_000  # of the one journey, in which three steps send
WORK: Final = {"people": PEOPLE, "events": EVENTS, "emails": EMAILS}
NEEDED: Final = ("events", "journeys", "messages")
IDLE_USD: Final = 0.40  # what the schedules take that look for who comes due (docs/operating.md)
_HERE: Final = Path(__file__).parent
PEERS: Final = json.loads((_HERE / "peer_prices.json").read_text())
PRICES: Final = json.loads((_HERE / "prices.json").read_text())
_MILLION: Final = 1_000_000


class Line(NamedTuple):
    """A part of the month's bill."""

    what: str
    usd: float


def ours(figures: Figures, clock: str = "due_index") -> list[Line]:
    """What AWS charges for the month; raises KeyError when a part was not measured."""
    events = next(bill for bill in figures["events"]["ways"] if bill["batch"] == 10)
    journeys = figures["journeys"]["clocks"]
    journey = next(bill for bill in journeys if bill["clock"] == clock)
    messages = figures["messages"]
    delivery = messages["usd_by_price"]["ses_message"]
    kept = EVENTS * events["stored_bytes"] / 1e9
    return [
        Line("10 million events, in batches of 10", EVENTS / _MILLION * events["usd_per_million"]),
        Line(f"the journey, by {clock}", PEOPLE / _MILLION * journey["usd_per_million"]),
        Line("3 million emails: SES", EMAILS / _MILLION * delivery),
        Line(
            "3 million emails: deciding, claiming, rendering, hearing of them",
            EMAILS / _MILLION * (messages["usd_per_million"] - delivery),
        ),
        Line("keeping these events for a month", kept * _storage()),
        Line("schedules, whoever comes", IDLE_USD),
    ]


def theirs(service: Mapping[str, Any]) -> float:
    """What somebody asks for the month, in dollars."""
    beyond = {name: max(0, n - service["included"][name]) for name, n in WORK.items()}
    each = service["each_usd"]
    return float(service["base_usd"] + sum(n * each[name] for name, n in beyond.items()))


def in_currency(units: Mapping[str, float], region: str) -> tuple[float, list[str]]:
    """What a million times some units cost in a region, and which of them have no price there."""
    total, unpriced = 0.0, []
    for name, n in units.items():
        entry = PRICES[region]["prices"][name]
        price = entry.get("per_gb", entry.get("per_million"))
        if price is None:
            unpriced.append(name)
        else:
            total += n * price * (_MILLION if "per_gb" in entry else 1)
    return total, unpriced


def _storage() -> float:
    return float(PRICES["us-east-1"]["prices"]["dynamodb_gb_month"]["per_gb"])
