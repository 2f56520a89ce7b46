"""What knowing a person costs: billed units for an identify, a merge and an event, by history."""

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.meter import Meter, price
from shared.aws import keys, session
from shared.aws.event_applier import event_applier
from shared.aws.items import to_item
from shared.domain.events.model import Event
from shared.domain.identity.graph import Identifier

HISTORIES = (10, 1_000, 100_000)
REPEATED = 5
START = datetime(2026, 1, 1, tzinfo=UTC)
_BATCH = 25  # rows of a BatchWriteItem


@dataclass
class Cost:
    """What one of something took, on average."""

    what: str
    events_before: int
    calls: dict[str, float] = field(default_factory=dict)
    read_units: float = 0.0
    write_units: float = 0.0
    usd_per_million: float = 0.0


class _Silent:
    def failed(self, error: Exception) -> None:
        raise error

    def traits_refused(self, reasons: Sequence[str]) -> None:
        raise AssertionError(reasons)


class IdentityBill:
    """Applies events as merge_identity does, and counts."""

    def __init__(self, meter: Meter) -> None:
        """The environment names the tables; the meter is attached already."""
        self._meter = meter
        self._client = session.client("dynamodb")
        self._table = os.environ["PROFILES_TABLE"]
        self._applier = event_applier(
            profiles_table=self._table,
            catalog_table=os.environ["CATALOG_TABLE"],
            identity_secret_arn=os.environ["IDENTITY_SECRET_ARN"],
            report=_Silent(),
        )

    def costs(self) -> list[Cost]:
        """Identifies first, then for each history: a merge, and an event after it."""
        self._apply(user_id="warm-up", anonymous_id="warm-up")
        costs = [
            self._measure("identify: somebody new", 0, self._newcomers()),
            self._measure("identify: a browser's visitor signs in", 0, self._sign_ins()),
            self._measure("identify: somebody known", 0, self._known()),
        ]
        for history in HISTORIES:
            # Of the long one, once: it takes minutes to write and always costs the same.
            repeated = REPEATED if history < max(HISTORIES) else 1
            couples = [self._couple(history) for _ in range(repeated)]
            merges = [{"user_id": user, "anonymous_id": browser} for user, browser in couples]
            costs.append(self._measure("merge of two people", history, merges))
            later = [{"anonymous_id": browser} for _, browser in couples]
            self._measure("first look after the merge", history, later)
            costs.append(self._measure("event of the merged person", history, later))
        return costs

    def _newcomers(self) -> list[dict[str, str]]:
        return [{"user_id": _name(), "anonymous_id": _name()} for _ in range(REPEATED)]

    def _sign_ins(self) -> list[dict[str, str]]:
        browsers = [_name() for _ in range(REPEATED)]
        for browser in browsers:
            self._apply(anonymous_id=browser)
        return [{"user_id": _name(), "anonymous_id": browser} for browser in browsers]

    def _known(self) -> list[dict[str, str]]:
        people = self._newcomers()
        for person in people:
            self._apply(**person)
        return people

    def _couple(self, history: int) -> tuple[str, str]:
        """Two people, the second of whom has done much; gives a user and a browser."""
        user, browser = _name(), _name()
        self._apply(user_id=user)
        self._apply(anonymous_id=browser)
        self._remember(browser, history)
        return user, browser

    def _remember(self, browser: str, events: int) -> None:
        """Put many events into the strand of a browser, past the function."""
        key = keys.identifier("default", *Identifier("anonymous_id", browser))
        row = self._client.get_item(TableName=self._table, Key=to_item(key._asdict()))["Item"]
        pk = keys.person("default", row["strand_id"]["S"])
        for first in range(0, events, _BATCH):
            puts = [
                {"PutRequest": {"Item": to_item({"pk": pk, "sk": _event_key(number)})}}
                for number in range(first, min(first + _BATCH, events))
            ]
            self._client.batch_write_item(RequestItems={self._table: puts})

    def _measure(self, what: str, history: int, each: Sequence[dict[str, str]]) -> Cost:
        self._apply(user_id="warm-up")  # looks whether the catalog has moved, as every 5 seconds
        self._meter.reset()
        for fields in each:
            self._apply(**fields)
        units = self._meter.units
        cost = Cost(what, history)
        cost.calls = {
            name.removeprefix("dynamodb."): round(count / len(each), 2)
            for name, count in sorted(self._meter.calls.items())
        }
        cost.read_units = round(units["dynamodb_read_unit"] / len(each), 2)
        cost.write_units = round(units["dynamodb_write_unit"] / len(each), 2)
        usd = sum(count * price(name) for name, count in units.items()) / len(each)
        cost.usd_per_million = round(usd * 1e6, 2)
        return cost

    def _apply(self, **fields: Any) -> None:  # noqa: ANN401
        now = datetime.now(UTC)
        event = Event(
            workspace_id="default",
            source_id="bench",
            message_id=_name(),
            type="track",
            name="visit",
            occurred_at=now,
            received_at=now,
            timestamp=now,
            **fields,
        )
        applied = self._applier.apply([event])
        if applied.failed or applied.counts["EventsApplied"] != 1:
            raise AssertionError(applied)


def _event_key(number: int) -> str:
    return keys.event(START + timedelta(seconds=number), f"m{number}")


def _name() -> str:
    return uuid.uuid4().hex
