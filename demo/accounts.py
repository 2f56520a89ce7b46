"""The demo's books: what went in, what came out, and whether the two sides are equal."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.events.own import (
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
    MESSAGE_SENT,
)

_MILESTONES: Final = (JOURNEY_ENTERED, JOURNEY_COMPLETED, JOURNEY_EXITED)


@dataclass(frozen=True, slots=True)
class Balance:
    """Two ways of counting the same thing; the demo fails when they differ."""

    says: str
    left: int
    right: int

    @property
    def holds(self) -> bool:
        """Whether both ways gave the same number."""
        return self.left == self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Everything that was counted, each number from where it is kept.

    `accepted`, `rejected`, `applied`, `duplicate` and `dead_lettered` are the functions' metrics;
    `rows` are the rows in the table of events that came in, `own` those of events that Rapport has
    written itself, by name; `figures` is the admin API's answer; `mails` and `texts` is what the
    providers hold.
    """

    accepted: int
    rejected: int
    applied: int
    duplicate: int
    dead_lettered: int
    rows: int
    own: Mapping[str, int]
    profiles: int
    figures: Mapping[str, Any]
    mails: int
    texts: int

    def balances(self) -> tuple[Balance, ...]:
        """Every equation that must hold once the stack is at rest."""
        journeys = self.figures["journeys"].values()
        messages = self.figures["messages"]
        sent = {name: each.get("sent", 0) for name, each in messages.items()}
        return (
            Balance(
                "accepted = applied + duplicate + dead-lettered",
                self.accepted,
                self.applied + self.duplicate + self.dead_lettered,
            ),
            Balance("applied = event rows in the table", self.applied, self.rows),
            Balance(
                "enrolments started = active + completed + exited",
                sum(journey["started"] for journey in journeys),
                sum(
                    journey["active"] + journey["completed"] + sum(journey["exited"].values())
                    for journey in journeys
                ),
            ),
            Balance(
                "emails sent = emails that SES holds",
                sent.get("email", 0),
                self.mails,
            ),
            Balance(
                "texts sent = texts that SNS holds",
                sent.get("sms", 0),
                self.texts,
            ),
            Balance(
                "messages sent = events of people that say so",
                sum(sent.values()),
                self.own.get(MESSAGE_SENT, 0),
            ),
            Balance(
                "enrolments started and ended = events of people that say so",
                sum(
                    journey["started"] + journey["completed"] + sum(journey["exited"].values())
                    for journey in journeys
                ),
                sum(self.own.get(name, 0) for name in _MILESTONES),
            ),
        )


def sum_metrics(lines: Iterable[str]) -> Counter[str]:
    """Add up the metrics that a function wrote to its log in CloudWatch's embedded format."""
    sums: Counter[str] = Counter()
    for line in lines:
        if '"CloudWatchMetrics"' not in line:
            continue
        record = json.loads(line)
        for directive in record["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                values = record[metric["Name"]]
                sums[metric["Name"]] += int(sum(values) if isinstance(values, list) else values)
    return sums
