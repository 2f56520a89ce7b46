"""Sends people's behaviour through the unmodified Segment client, at the pace of the fast clock."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from segment.analytics.client import Client

from demo.people import Person, in_order

JUST_BEFORE = timedelta(milliseconds=1)


@dataclass(slots=True)
class Sent:
    """What was handed to the client, and what the client could not deliver."""

    events: int = 0
    errors: int = 0


def replay(
    people: Sequence[Person],
    *,
    host: str,
    write_key: str,
    time_scale: float,
    progress: Callable[[int], None],
) -> Sent:
    """Send everything in the order in which it happened; returns when the API has taken it all.

    A person is identified just before the first click. Message ids follow from the row in the
    file, so sending the same people again sends the same events again.
    """
    sent = Sent()

    def failed(_error: Exception, batch: Sequence[object]) -> None:
        sent.errors += len(batch)

    client = Client(write_key, host=host, upload_size=50, upload_interval=0.2, on_error=failed)
    started = time.monotonic()
    begin = min(person.first_at for person in people)
    known: set[str] = set()
    for person, click in in_order(people):
        _pace((click.at - begin).total_seconds() / time_scale - (time.monotonic() - started))
        if person.user_id not in known:
            known.add(person.user_id)
            _introduce(client, person)
            sent.events += 1
        client.track(
            person.user_id,
            click.event,
            {"row": click.row},
            timestamp=click.at,
            message_id=f"onlineshop-{click.row}",
        )
        sent.events += 1
        progress(sent.events)
    client.shutdown()
    return sent


def _introduce(client: Client, person: Person) -> None:
    client.identify(
        person.user_id,
        person.traits,
        context={"consent": {"categoryPreferences": {"marketing": person.consents}}},
        timestamp=person.first_at - JUST_BEFORE,
        message_id=f"onlineshop-person-{person.user_id}",
    )


def _pace(seconds_early: float) -> None:
    if seconds_early > 0:
        time.sleep(seconds_early)
