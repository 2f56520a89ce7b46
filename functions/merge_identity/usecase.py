"""Takes messages of the events queue: reads events, applies them, and buries what never can be.

A message that failed, in whole or for one person, is simply delivered again: applying is safe to
repeat. What can never be applied goes to the dead-letter queue with the reason, alone.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger

from functions.merge_identity.decode import read_body, read_event
from shared.aws.queues import Queue
from shared.domain.events.model import Event
from shared.domain.identity.applying import ApplyEvents
from shared.errors import PermanentError, TransientError
from shared.runtime.correlation import correlations_of


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event, as it was read and as it came, and the queue record that brought it."""

    record_id: str
    event: Event
    data: object


@dataclass(frozen=True, slots=True)
class Poison:
    """What can never be applied, as the dead-letter queue gets it."""

    record_id: str
    content: Mapping[str, Any]
    reason: str


@dataclass(slots=True)
class Outcome:
    """What came of a batch: metric name → count, and the records to deliver again."""

    counts: Counter[str] = field(default_factory=Counter)
    failed: set[str] = field(default_factory=set)


class MergeIdentity:
    """One batch of queue records; make a new one for each."""

    def __init__(self, people: ApplyEvents, dead_letters: Queue, log: Logger) -> None:
        self._people = people
        self._dead_letters = dead_letters
        self._log = log
        self._poison: list[Poison] = []

    def apply(self, records: Sequence[Mapping[str, Any]]) -> Outcome:
        """Apply SQS records: what fails is named to be delivered again, the rest is done."""
        deliveries = [delivery for record in records for delivery in self._read(record)]
        applied = self._people.apply([delivery.event for delivery in deliveries])
        outcome = Outcome(applied.counts, {deliveries[i].record_id for i in applied.failed})
        for index, reason in applied.refused.items():
            content = {"v": 1, "events": [deliveries[index].data]}
            self._poison.append(Poison(deliveries[index].record_id, content, reason))
        self._bury(outcome)
        return outcome

    def _read(self, record: Mapping[str, Any]) -> Iterator[Delivery]:
        record_id, body = record["messageId"], record["body"]
        try:
            events = read_body(body)
        except PermanentError as error:
            self._poison.append(Poison(record_id, {"body": body}, error.message))
            return
        for data in events:
            try:
                event = read_event(data)
            except PermanentError as error:
                self._poison.append(Poison(record_id, {"v": 1, "events": [data]}, error.message))
            else:
                yield Delivery(record_id, event, data)

    def _bury(self, outcome: Outcome) -> None:
        """Send what is poison to the dead-letter queue, once its record is otherwise done.

        A record that comes again brings its poison again, so that is left for the last time.
        """
        for poison in self._poison:
            if poison.record_id in outcome.failed:
                continue
            try:
                letter = {**poison.content, "reason": poison.reason}
                self._dead_letters.send([json.dumps(letter, separators=(",", ":"))])
            except TransientError:
                self._log.exception("dead letter not sent")
                outcome.failed.add(poison.record_id)
            else:
                # What comes after a colon can be a value of the event; the letter has it all.
                reason = poison.reason.partition(":")[0]
                body = json.dumps(poison.content)
                about = {"reason": reason, "correlation_ids": correlations_of(body)}
                self._log.error("event dead-lettered", extra=about)
                outcome.counts["EventsDeadLettered"] += 1
