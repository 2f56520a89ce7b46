"""Counts of journeys over all people, folded from the table's stream, each change exactly once.

A batch of changes is one transaction: what it adds to the tallies, and a row that says which
changes these were. A stream is delivered in order and from where it stopped, so a batch that comes
again begins with a change with which some batch began or after which one ended. It may be shorter
or longer than it was, also when it is halved after a failure. So the row is found by the first
change of the batch, and says how many of them are counted; and where fewer come again than were
counted, a row is left for the next one.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from time import sleep
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, to_item
from shared.aws.transactions import Action, transact
from shared.domain.journeys.counting import Deltas
from shared.errors import ConflictError, PermanentError, TransientError

KEPT: Final = timedelta(days=3)  # a stream keeps a change for one
MOST_TALLIES: Final = 90  # a transaction takes 100 actions
_TOKEN: Final = 8  # bytes of a change in the row


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one enrolment, and what it adds; `version` is that of its row."""

    workspace_id: str
    profile_id: str
    enrolment_id: str
    version: int
    journey_id: str
    deltas: Deltas

    @property
    def token(self) -> bytes:
        """What tells it from every other change."""
        one = (self.workspace_id, self.profile_id, self.enrolment_id, str(self.version))
        return sha256("#".join(one).encode()).digest()[:_TOKEN]


Tally = tuple[str, str, str]
"""Workspace, noun and subject."""


class JourneyCounts:
    """The tallies of journeys and of their steps."""

    def __init__(
        self, client: Any, profiles_table: str, pause: Callable[[float], None] = sleep
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = profiles_table
        self._pause = pause

    def count(self, changes: Sequence[Change], now: datetime) -> None:
        """Count what is not counted yet of the changes, which are in the order of the stream.

        Raises TransientError when somebody else counts the same ones, or the table is busy.
        """
        while changes:
            known = self._known(changes[0])
            if known is None:
                part = _fitting(changes)
                self._add(part, now)
                changes = changes[len(part) :]
                continue
            workspace_id, again = changes[0].workspace_id, min(len(known), len(changes))
            if [change.token for change in changes[:again]] != known[:again]:
                raise PermanentError("the changes came in another order than before")
            changes = changes[again:]
            if known[again:]:
                self._leave(workspace_id, known[again:], now)

    def _known(self, first: Change) -> list[bytes] | None:
        key = to_item(keys.counted(first.workspace_id, first.token.hex())._asdict())
        with faults_are_transient():
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return None
        tokens = from_item(answer["Item"])["tokens"]
        return [tokens[at : at + _TOKEN] for at in range(0, len(tokens), _TOKEN)]

    def _add(self, changes: Sequence[Change], now: datetime) -> None:
        first = changes[0]
        row = self._row(first.workspace_id, [change.token for change in changes], now)
        counted: Action = {"Put": {**row, "ConditionExpression": "attribute_not_exists(pk)"}}
        # One shard of a tally takes all of a batch.
        tallies = [self._tally(tally, n, first.profile_id) for tally, n in _sums(changes).items()]
        try:
            transact(self._client, [counted, *tallies], pause=self._pause)
        except ConflictError as error:
            raise TransientError("somebody else counts the same changes") from error

    def _leave(self, workspace_id: str, tokens: Sequence[bytes], now: datetime) -> None:
        """Let whoever begins with the rest find that it is counted."""
        with faults_are_transient():
            self._client.put_item(**self._row(workspace_id, tokens, now))

    def _row(self, workspace_id: str, tokens: Sequence[bytes], now: datetime) -> dict[str, Any]:
        row = {
            **keys.counted(workspace_id, tokens[0].hex())._asdict(),
            "tokens": b"".join(tokens),
            "expires_at": int((now + KEPT).timestamp()),
        }
        return {"TableName": self._table, "Item": to_item(row)}

    def _tally(self, tally: Tally, counted: Counter[str], profile_id: str) -> Action:
        names = {f"#c{place}": name for place, name in enumerate(counted)}
        values = {f":c{place}": n for place, n in enumerate(counted.values())}
        added = ", ".join(f"#c{place} :c{place}" for place in range(len(counted)))
        return {
            "Update": {
                "TableName": self._table,
                "Key": to_item(keys.tally(*tally, profile_id)._asdict()),
                "UpdateExpression": f"ADD {added}",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": to_item(values),
            }
        }


def tallies_of(change: Change) -> Iterator[tuple[Tally, str, int]]:
    """The tallies that a change adds to, with the name of the count in each."""
    for counted, n in change.deltas.items():
        if counted.version is None:
            yield (change.workspace_id, "JOURNEY", change.journey_id), counted.name, n
        else:
            subject = steps_subject(change.journey_id, counted.version)
            yield (change.workspace_id, "STEPS", subject), counted.name, n


def steps_subject(journey_id: str, version: int | None) -> str:
    """The subject of the tally of the steps of one version of a journey."""
    return f"{journey_id}@{version}"


def _fitting(changes: Sequence[Change]) -> Sequence[Change]:
    """As many of the changes as one transaction counts."""
    seen: set[Tally] = set()
    for place, change in enumerate(changes):
        seen |= {tally for tally, _, _ in tallies_of(change)}
        if len(seen) > MOST_TALLIES:
            return changes[:place]
    return changes


def _sums(changes: Sequence[Change]) -> dict[Tally, Counter[str]]:
    sums: dict[Tally, Counter[str]] = {}
    for change in changes:
        for tally, name, n in tallies_of(change):
            sums.setdefault(tally, Counter())[name] += n
    nonzero = {tally: Counter({k: n for k, n in c.items() if n}) for tally, c in sums.items()}
    return {tally: counted for tally, counted in nonzero.items() if counted}
