"""List prices as data, each with where it is from; dollars before free tiers and discounts."""

from typing import Final, NamedTuple

from shared.domain.messages.channels import Channel

AS_OF: Final = "2026-11-22"
REGION: Final = "us-east-1"


class Price(NamedTuple):
    """What a million of something costs, and who says so.

    `is_sure` says that it was read off a price list; else it is somebody's account of one, and an
    operator should put in what the provider bills.
    """

    usd_per_million: float
    source: str
    is_sure: bool = True


_LIST: Final = "AWS price list"

PRICES: Final[dict[str, Price]] = {
    "dynamodb_write_unit": Price(0.625, _LIST),
    "dynamodb_read_unit": Price(0.125, _LIST),
    "lambda_request": Price(0.20, _LIST),
    "lambda_gb_second_arm64": Price(13.3334, _LIST),
    "sqs_request_64kb": Price(0.40, _LIST),
    "eventbridge_event_64kb": Price(1.00, _LIST),
    "step_functions_transition": Price(25.00, _LIST),
}
"""What a journey takes of AWS."""

DELIVERY: Final[dict[Channel, Price]] = {
    "email": Price(100.0, "Amazon SES a la carte, one recipient", is_sure=False),
    "sms": Price(
        8_300.0, "one segment to the United States, list price of a carrier", is_sure=False
    ),
}
"""What providers take for a million parts: an email, or a segment of a text message."""


def micros_of(channel: str, parts: int) -> int:
    """What so many parts cost in millionths of a dollar; nothing on a channel without a price."""
    price = next((price for name, price in DELIVERY.items() if name == channel), None)
    return round(parts * price.usd_per_million) if price else 0
