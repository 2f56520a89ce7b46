"""The consent ledger and what of it is in force.

A decision is a row in the ledger of a strand, written once and kept for ever. What is in force for
a person is one row, `CONSENT`, at the strand that answers for the person. Both are written in one
transaction under the version of the second, so what is in force never lacks a decision that is in a
ledger; and the row holds what of all ledgers can still decide, so no ledger is ever read for it.
Where something else is in force by it, the same transaction tells the person's timeline.

A merge and a split rewrite these rows in their own transaction (`consent_moves.py`). Whoever has
decided on a row that was moved since finds another version there, or none, and decides again.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import consent_rows as rows
from shared.aws import keys
from shared.aws.consent_moves import Action, item_key, made, put_actions
from shared.aws.consent_reader import ConsentReader, Standing
from shared.aws.consent_rows import Kept
from shared.aws.faults import faults_are_transient
from shared.aws.items import (
    cancellation_reasons,
    is_conditional_failure,
    is_contention,
    to_item,
)
from shared.aws.suppressions import Suppressions
from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import Decision
from shared.domain.consents.told import following, is_same
from shared.domain.messages.addresses import is_valid
from shared.domain.messages.channels import CHANNELS, Channel
from shared.errors import TransientError

MOST_LINES: Final = 40  # a transaction takes 100 actions; a line may bring a suppression along
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
_NOT_MET: Final = "ConditionalCheckFailed"


class ConsentStore:
    """The consents of all people.

    Every method raises TransientError when AWS is busy or out of reach.
    """

    def __init__(
        self,
        client: Any,
        table: str,
        suppressions: Suppressions,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`client` is a low-level DynamoDB client; `pause` waits for some seconds."""
        self._client = client
        self._table = table
        self._reader = ConsentReader(client, table)
        self._suppressions = suppressions
        self._pause = pause
        self._now = now

    def record(self, workspace_id: str, strand_id: str, decisions: Sequence[Decision]) -> int:
        """Write down decisions that were made in a strand; gives how many were new.

        Repeating it changes nothing. Words that stop messages suppress their address, too, and
        words that start them again take that back. Nobody there, or being erased: nothing happens.
        """
        lines = _once(decisions)
        new = sum(
            self._record(workspace_id, strand_id, lines[start : start + MOST_LINES])
            for start in range(0, len(lines), MOST_LINES)
        )
        for line in lines:
            channel = _closed_channel(line)
            if channel and line.granted:
                self._suppressions.take_back(workspace_id, channel, line.address, at=line.at)
        return new

    def decide(self, workspace_id: str, profile_id: str, decision: Decision) -> bool:
        """Write down what an operator was told; False when there is no such person.

        It is about the whole person: a refusal is written into every strand, so that it also holds
        for each part of a person that turns out to be several; a grant only where the person is.
        """
        standing = self._reader.standing(workspace_id, profile_id)
        if standing is None:
            return False
        for strand in standing.strands[: 1 if decision.granted else None]:
            self.record(workspace_id, strand, [decision])
        return True

    def _record(self, workspace_id: str, strand_id: str, lines: Sequence[Decision]) -> int:
        waiting = list(lines)
        for pause in (*_PAUSES, None):
            standing = self._reader.standing(workspace_id, strand_id)
            if standing is None:
                return 0
            waiting = [line for line in waiting if _is_news(standing.kept, strand_id, line)]
            if not waiting:
                return 0
            known = self._write(workspace_id, strand_id, standing, waiting)
            if known is None:
                return len(waiting)
            waiting = [line for place, line in enumerate(waiting) if place not in known]
            if pause is not None and not known:
                self._pause(pause)
        raise TransientError("the consents of this person change all the time", hint="try again")

    def _write(
        self, workspace_id: str, strand_id: str, standing: Standing, lines: Sequence[Decision]
    ) -> set[int] | None:
        """One transaction; None when it was written, else which lines were in the ledger before."""
        before = standing.kept
        ledgers = {**before.ledgers, strand_id: [*before.ledgers.get(strand_id, ()), *lines]}
        after = made(standing.graph, ledgers, before.version + 1)
        # Who has never been told of is, also when this decision makes no difference.
        tell = before.told_at is None or not is_same(before.decisions, after.decisions)
        told_at = following(self._now(), [before.told_at]) if tell else before.told_at
        after = replace(after, told_at=told_at)
        root = standing.root
        actions = [self._line(workspace_id, strand_id, line) for line in lines]
        actions += put_actions(self._table, workspace_id, root, before, after, tell=tell)
        if not before.version:  # nothing whose version would tell of a merge in between
            actions.append(self._still_root(workspace_id, standing))
        actions += self._closed(workspace_id, lines)
        try:
            with faults_are_transient():
                self._client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if not (is_conditional_failure(error) or is_contention(error)):
                raise
            reasons = cancellation_reasons(error)[: len(lines)]
            return {place for place, code in enumerate(reasons) if code == _NOT_MET}
        return None

    def _line(self, workspace_id: str, strand_id: str, decision: Decision) -> Action:
        return {
            "Put": {
                "TableName": self._table,
                "Item": rows.ledger_item(workspace_id, strand_id, decision),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _still_root(self, workspace_id: str, standing: Standing) -> Action:
        seen = standing.graph_version
        unchanged = "attribute_not_exists(graph_version)" if seen is None else "graph_version = :v"
        check: Action = {
            "TableName": self._table,
            "Key": item_key(workspace_id, standing.root, keys.PROFILE),
            "ConditionExpression": f"attribute_exists(pk) AND {unchanged}"
            " AND attribute_not_exists(redirect) AND attribute_not_exists(erasing)",
        }
        if seen is not None:
            check["ExpressionAttributeValues"] = to_item({":v": seen})
        return {"ConditionCheck": check}

    def _closed(self, workspace_id: str, lines: Iterable[Decision]) -> list[Action]:
        """The suppressions that refusals in a person's own words bring about, one an address."""
        last: dict[keys.Key, tuple[Channel, Decision]] = {}
        for line in sorted(lines, key=lambda line: line.moment):
            channel = _closed_channel(line)
            if channel and not line.granted:
                key = self._suppressions.key(workspace_id, channel, line.address)
                last[key] = channel, line
        return [
            self._suppressions.opt_out_action(
                workspace_id, channel, line.address, source=line.source, at=line.at
            )
            for channel, line in last.values()
        ]


def _once(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions without repetitions; of the stamps on many events the last of each kind."""
    kept: dict[object, Decision] = {}
    for one in decisions:
        place = (one.scope, one.granted) if one.is_stamped else (one.scope, one.source, one.moment)
        if place not in kept or kept[place].moment < one.moment:
            kept[place] = one
    return list(kept.values())


def _is_news(kept: Kept, strand_id: str, decision: Decision) -> bool:
    if decision.is_stamped and decision.granted:
        # Most clients stamp their state on every event: a grant that is in force already is no
        # decision, nor is one that can lift nothing, because somebody said no. A refusal is always
        # written down, since one more can only be safer.
        now = verdict(kept.decisions, *decision.scope)
        holds = now is not None and now.moment <= decision.moment
        if now and holds and (now.granted or not now.is_stamped):
            return False
    return not any(
        (line.scope, line.granted, line.moment, line.source)
        == (decision.scope, decision.granted, decision.moment, decision.source)
        for line in kept.ledgers.get(strand_id, ())
    )


def _closed_channel(decision: Decision) -> Channel | None:
    """The channel on which words of a person close an address, or open it again."""
    for channel in CHANNELS:
        if (decision.evidence, decision.scope.channel) == ("opt_out", channel):
            return channel if is_valid(channel, decision.address) else None
    return None
