"""Serves every person of a batch, whoever else fails.

A person who fails does not stop the others, and is not passed over either: the handler fails the
batch of a stream as a whole, so Lambda delivers it again (in halves, when told to bisect), in the
order of the shard, until it succeeds or is set aside. People who were served already meet the
guards of their rows, and what is published again for them carries the same ids.

Naming the first failed record instead (`batchItemFailures`) would spare some of that repetition.
It would also turn a failure into silent loss wherever the answer is not asked for: an event source
without `ReportBatchItemFailures`, and emulators of streams, take any answer for success.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from aws_lambda_powertools import Logger

from events.model import DomainEvent
from functions.update_tags.planning import Plans
from functions.update_tags.ports import Ports
from functions.update_tags.records import Record, by_strand, read_changes
from functions.update_tags.usecase import judge_person, update_person
from shared.errors import PermanentError, TransientError

# What raises these raises them again: a row that cannot be read, a condition that cannot be judged.
_HOPELESS = (PermanentError, ArithmeticError, LookupError, TypeError, ValueError)


@dataclass(slots=True)
class Outcome:
    """What became of a batch: what was published, and how many of its people failed.

    `hopeless` are those for whom trying again cannot help. `members` says how many people are
    members of the segments that were built for them just now.
    """

    facts: list[DomainEvent] = field(default_factory=list)
    people: int = 0
    failed: int = 0
    hopeless: list[str] = field(default_factory=list)
    members: Counter[str] = field(default_factory=Counter)


def update_people(
    records: Iterable[Record], plans: Plans, ports: Ports, now: Callable[[], datetime], log: Logger
) -> Outcome:
    """Take in a batch of a stream; failures are logged with the place of the first record."""
    outcome = Outcome()
    for pk, changes in by_strand(records).items():
        outcome.people += 1
        try:
            outcome.facts += update_person(read_changes(pk, changes), plans, ports, now()).facts
        except Exception:
            first = changes[0]["dynamodb"]["SequenceNumber"]
            log.exception("person failed", extra={"sequence_number": first})
            outcome.failed += 1
    return outcome


def judge_people(
    workspace_id: str,
    profile_ids: Iterable[str],
    plans: Plans,
    ports: Ports,
    now: Callable[[], datetime],
    log: Logger,
) -> Outcome:
    """Judge people by what is due or not built yet, whatever is not."""
    outcome = Outcome()
    for profile_id in profile_ids:
        outcome.people += 1
        try:
            told = judge_person(workspace_id, profile_id, plans, ports, now())
        except Exception as error:
            log.exception("person failed", extra={"profile_id": profile_id})
            outcome.failed += 1
            if isinstance(error, _HOPELESS):
                outcome.hopeless.append(profile_id)
        else:
            outcome.facts += told.facts
            outcome.members.update(told.members)
    return outcome


def must_come_again(outcome: Outcome) -> None:
    """Raise TransientError when anybody failed."""
    if outcome.failed:
        raise TransientError(f"{outcome.failed} of {outcome.people} people in the batch failed")
