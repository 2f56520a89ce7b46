"""What clients send, made of a seed, and what must come of it: a list of its own, no code of ours.

People come and go. Each looks around under an anonymous id, says who it is at some point, and goes
on under its user id, perhaps with a second device. Of all events a tenth is sent twice, a twentieth
comes late, behind events that happened after it, and a hundredth is bad: the bad ones are those of
`tests/vectors/ingest`, or name somebody whom nobody can know.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

DUPLICATES: Final = 0.10
LATE: Final = 0.05
BAD: Final = 0.01
BEGIN: Final = datetime(2026, 11, 22, 8, 31, tzinfo=UTC)  # about when the bad events were made
TICK: Final = timedelta(seconds=0.7)  # between two events
_ACTIVE: Final = 400  # people at a time
_GOES_ON: Final = 0.9  # so often the same person does the next thing, too
_NAMES: Final = ("product_viewed", "product_viewed", "product_viewed", "cart", "searched", "paid")
_VECTORS: Final = Path(__file__).parents[1] / "vectors" / "ingest" / "bad_events.json"
Sent = dict[str, Any]


def _flawed() -> Iterator[tuple[Any, str]]:
    """Bad events with their codes, but for a day ahead that comes while a long story is told."""
    for case in json.loads(_VECTORS.read_text(encoding="utf-8"))["cases"]:
        if "event" not in case or len(json.dumps(case["event"])) >= 1_000:
            continue
        if case["name"] != "timestamp is two days ahead":
            yield case["event"], case["code"]


_FLAWED: Final = list(_flawed())


class Person:
    """Somebody, and what is true of it: counts by name of event, revenue in cents, ids used.

    Made by hand and not by a dataclass, whose code has no file: what a story keeps is told from
    what functions keep by the file that it was made in.
    """

    def __init__(self, number: int, left: int, login: int) -> None:
        """`left` events until it goes away; with event `login` it says who it is."""
        self.number = number
        self.left = left
        self.login = login
        self.events = 0
        self.counts: Counter[str] = Counter()
        self.cents = 0

    @property
    def is_known(self) -> bool:
        return self.events > self.login

    def device(self, second: bool) -> str:
        return f"a-{self.number}{'b' if second else ''}"


@dataclass
class Story:
    """`size` events, their duplicates and the bad ones among them; the same for the same seed."""

    seed: int
    size: int
    people: list[Person] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)  # by code
    nobodys: set[str] = field(default_factory=set)  # message ids that can never be applied
    told: Counter[str] = field(default_factory=Counter)  # how many of what were sent
    now: datetime = BEGIN

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._present: list[Person] = []
        self._place = 0  # of whoever is doing something just now

    def batches(self) -> Iterator[list[Sent]]:
        """What each request holds; `now` is when it is sent."""
        dice = self._dice
        held: list[tuple[int, Sent]] = []
        batch: list[Sent] = []
        most = dice.randint(1, 20)
        for number in range(self.size):
            self.now += TICK
            for event in self._events(number, held):
                batch.append(event)
                if len(batch) >= most:
                    yield batch
                    batch, most = [], dice.choice((1, 2, 5, 10, 20, 60))
        batch += [event for _, event in held]
        if batch:
            yield batch

    def _events(self, number: int, held: list[tuple[int, Sent]]) -> Iterator[Sent]:
        dice, luck = self._dice, self._dice.random()
        if luck < BAD:
            yield self._bad(number)
        else:
            event = self._good()
            if luck < BAD + DUPLICATES:
                self.told["duplicates"] += 1
                held.append((number + dice.choice((0, 1, 5, 50, 500)), event))
            if BAD + DUPLICATES <= luck < BAD + DUPLICATES + LATE:
                self.told["late"] += 1
                held.append((number + dice.choice((3, 30, 300)), event))
            else:
                yield event
        for one in [one for one in held if one[0] <= number]:
            held.remove(one)
            yield one[1]

    def _bad(self, number: int) -> Sent:
        self.told["bad"] += 1
        if self._dice.random() < 0.1:
            message_id = f"n-{number}"
            self.nobodys.add(message_id)
            return {**self._track("paid"), "messageId": message_id, "userId": "undefined"}
        event, code = self._dice.choice(_FLAWED)
        self.rejected[code] += 1
        return event  # type: ignore[no-any-return]

    def _good(self) -> Sent:
        dice = self._dice
        self.told["good"] += 1
        if self._place >= len(self._present) or dice.random() > _GOES_ON:
            if len(self._present) < _ACTIVE:
                self._comes()
            self._place = dice.randrange(len(self._present))
        place = self._place
        person = self._present[place]
        event = self._of(person)
        person.left -= 1
        if not person.left:
            self._present[place] = self._present[-1]
            self._present.pop()
        return event

    def _comes(self) -> None:
        left = 1 + int(self._dice.expovariate(1 / 40))
        person = Person(len(self.people), left, login=self._dice.randint(0, 20))
        self.people.append(person)
        self._present.append(person)

    def _of(self, person: Person) -> Sent:
        dice = self._dice
        serial, person.events = person.events, person.events + 1
        known = {"messageId": f"g-{person.number}-{serial}"}
        if serial == person.login or (person.is_known and dice.random() < 0.03):
            second = serial != person.login
            person.counts["$identify"] += 1
            traits = {"email": f"{person.number}@example.com", "level": dice.randint(1, 5)}
            ids = {"userId": f"u-{person.number}", "anonymousId": person.device(second)}
            return {**self._at(), **known, **ids, "type": "identify", "traits": traits}
        name = dice.choice(_NAMES)
        person.counts[name] += 1
        event = {**self._track(name), **known}
        if name == "paid":
            cents = dice.randint(1, 50_000)
            person.cents += cents
            event["properties"] |= {"revenue": cents / 100, "currency": "CNY"}
        if person.is_known:
            event["userId"] = f"u-{person.number}"
        else:
            event["anonymousId"] = person.device(second=False)
        return event

    def _track(self, name: str) -> Sent:
        product = {"product_id": f"p-{self._dice.randint(1, 900)}", "note": "知己"}
        return {**self._at(), "type": "track", "event": name, "properties": product}

    def _at(self) -> Sent:
        before = timedelta(milliseconds=self._dice.randint(0, 90_000))
        return {"timestamp": (self.now - before).isoformat(timespec="milliseconds")}
