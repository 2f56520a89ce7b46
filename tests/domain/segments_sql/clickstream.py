"""Real behaviour in an online shop, as the histories that segments of the starter playbook look at.

The clickstream names its events otherwise, has no prices and no live streams, and few of its people
buy twice. What is missing is derived from it in fixed ways, so that it follows real behaviour:

- `catalog`, `product1` and `product2` are `product_viewed`, `payment_done` is `order_completed`;
- the revenue of an order follows from the number of the person and the day;
- for live streams, each view of the catalog is an interaction in one as well;
- for orders that become fewer, people form households by their numbers, and every click of a
  household is an order.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from demo.people import Click, Person
from demo.people import read as read_people
from tests.domain.segments.histories import Happening

VIEWED, ORDERED, INTERACTED = "product_viewed", "order_completed", "live_interacted"
Naming = Callable[[str], tuple[str, ...]]

_PAGES = ("catalog", "product1", "product2")
_PRICES = (19, 49.5, 99.99, 100, 149, 260.01)


def as_it_was(event: str) -> tuple[str, ...]:
    """Pages are views of products, payments are orders."""
    if event in _PAGES:
        return (VIEWED,)
    return (ORDERED,) if event == "payment_done" else (event,)


def with_live_streams(event: str) -> tuple[str, ...]:
    """The same, and the catalog is a live stream too."""
    return (*as_it_was(event), INTERACTED) if event == "catalog" else as_it_was(event)


def only_orders(event: str) -> tuple[str, ...]:
    """Every click is an order."""
    return (ORDERED,)


def revenue(user_id: str, at: datetime) -> float:
    """An invented amount, always the same for the same order."""
    return _PRICES[(int(user_id) + at.day) % len(_PRICES)]


def people(naming: Naming, households: int | None = None) -> Mapping[str, tuple[Happening, ...]]:
    """The histories of everybody, or of so many households, by their ids."""
    found: dict[str, list[Happening]] = {}
    for person in read_people():
        number = person.user_id if households is None else str(int(person.user_id) % households)
        found.setdefault(number, []).extend(_happenings(person, naming, number))
    return {who: tuple(sorted(past, key=lambda each: each.at)) for who, past in found.items()}


def _happenings(person: Person, naming: Naming, strand_id: str) -> Iterator[Happening]:
    for click in person.clicks:
        for number, name in enumerate(naming(click.event)):
            yield _happening(click, name, f"{click.row}-{number}", strand_id)


def _happening(click: Click, name: str, message_id: str, strand_id: str) -> Happening:
    at = click.at.replace(microsecond=click.at.microsecond // 1000 * 1000)  # as rows keep it
    properties = {"revenue": revenue(click.user_id, at)} if name == ORDERED else {}
    return Happening(
        at=at, name=name, properties=properties, message_id=message_id, strand_id=strand_id
    )
