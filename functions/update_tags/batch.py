"""Serves every person of a stream batch, whoever else fails.

A person who fails does not stop the others, and is not passed over either: the handler fails the
batch as a whole, so Lambda delivers it again (in halves, when told to bisect), in the order of the
shard, until it succeeds or is set aside. People who were served already meet the guards of their
rows, and what is published again for them carries the same ids.

Naming the first failed record instead (`batchItemFailures`) would spare some of that repetition.
It would also turn a failure into silent loss wherever the answer is not asked for: an event source
without `ReportBatchItemFailures`, and emulators of streams, take any answer for success.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools import Logger

from events.model import DomainEvent
from functions.update_tags.plan import Plans
from functions.update_tags.ports import Ports
from functions.update_tags.records import Record, by_strand, read_changes
from functions.update_tags.usecase import update_person


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch: what was published, and how many of its people failed."""

    facts: tuple[DomainEvent, ...]
    people: int
    failed: int


def update_people(
    records: Iterable[Record], plans: Plans, ports: Ports, now: Callable[[], datetime], log: Logger
) -> Outcome:
    """Take in a batch; failures are logged with the place of the person's first record."""
    people = by_strand(records)
    facts: list[DomainEvent] = []
    failed = 0
    for pk, changes in people.items():
        try:
            read = read_changes(pk, changes)
            facts += update_person(read, plans.of(read.workspace_id), ports, now())
        except Exception:
            first = changes[0]["dynamodb"]["SequenceNumber"]
            log.exception("person failed", extra={"sequence_number": first})
            failed += 1
    return Outcome(tuple(facts), len(people), failed)
