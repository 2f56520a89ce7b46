"""Real people of an online shop, moved in time so that their last event happens now."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

DATA = Path(__file__).parent / "data" / "onlineshop_clickstream.csv"
RECENT = timedelta(days=30)

_FIRST_NAMES = ("Anna", "Bo", "Chen", "Dora", "Emil", "Fang", "Grace", "Hugo", "Ines", "Jun")


@dataclass(frozen=True, slots=True)
class Click:
    """One row of the clickstream; `row` is its line in the file and never changes."""

    row: int
    user_id: str
    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """One visitor with the whole of their behaviour, oldest first."""

    user_id: str
    clicks: tuple[Click, ...]

    @property
    def first_at(self) -> datetime:
        """When the person was first seen."""
        return self.clicks[0].at

    @property
    def consents(self) -> bool:
        """Nine of ten agreed to marketing; the tenth shows what happens without consent."""
        return int(self.user_id) % 10 != 0

    @property
    def traits(self) -> dict[str, str]:
        """Invented contact data that can belong to nobody; every fourth has no telephone."""
        number = int(self.user_id)
        traits = {
            "first_name": _FIRST_NAMES[number % len(_FIRST_NAMES)],
            "email": f"person-{self.user_id}@example.com",
        }
        if number % 4:
            area, line = 200 + number % 800, number // 800 % 100
            traits["phone"] = f"+1{area}55501{line:02d}"
        return traits


def read(path: Path = DATA) -> tuple[Person, ...]:
    """Read everybody, in the order in which they were first seen."""
    clicks: dict[str, list[Click]] = {}
    with path.open(newline="") as file:
        for row, line in enumerate(csv.DictReader(file), start=1):
            at = datetime.fromisoformat(line["timestamp"]).replace(tzinfo=UTC)
            clicks.setdefault(line["user_id"], []).append(
                Click(row, line["user_id"], line["event"], at)
            )
    people = (
        Person(user_id, tuple(sorted(rows, key=lambda click: (click.at, click.row))))
        for user_id, rows in clicks.items()
    )
    return tuple(sorted(people, key=lambda person: (person.first_at, person.user_id)))


def choose(people: tuple[Person, ...], wanted: int | None) -> tuple[Person, ...]:
    """Take `wanted` people, evenly from the newcomers of the last 30 days; None: everybody."""
    if wanted is None:
        return people
    latest = max(person.clicks[-1].at for person in people)
    recent = [person for person in people if person.first_at > latest - RECENT]
    if wanted >= len(recent):
        return people[-wanted:]
    return tuple(recent[index * len(recent) // wanted] for index in range(wanted))


def shift(people: Iterable[Person], now: datetime) -> tuple[Person, ...]:
    """Move everybody by the same span, so that the last click of all happens at `now`."""
    people = tuple(people)
    span = now - max(person.clicks[-1].at for person in people)
    return tuple(
        Person(
            person.user_id,
            tuple(
                Click(click.row, click.user_id, click.event, click.at + span)
                for click in person.clicks
            ),
        )
        for person in people
    )


def in_order(people: Iterable[Person]) -> Iterator[tuple[Person, Click]]:
    """All clicks of all people in the order in which they happened."""
    steps = ((click.at, click.row, person, click) for person in people for click in person.clicks)
    for _, _, person, click in sorted(steps, key=lambda step: step[:2]):
        yield person, click
