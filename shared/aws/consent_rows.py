"""The shapes of consent rows: the ledger in a strand, and what is in force at the root."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.aws import keys
from shared.aws.items import Item, from_item, to_item, to_text
from shared.domain.consents.model import Decision, InForce, Scope
from shared.domain.instants import parse_instant

if TYPE_CHECKING:  # lean functions have no use for what these bring along
    from shared.domain.workspace.stories import ConsentStory

Ledgers = Mapping[str, list[Decision]]


@dataclass(frozen=True, slots=True)
class Kept:
    """The `CONSENT` row of a root; version 0 when there is none.

    `ledgers` holds of each strand's ledger what can still decide, `decisions` what is in force.
    No `$consent_changed` in any of the person's strands is later than `told_at`.
    """

    version: int = 0
    ledgers: Ledgers = field(default_factory=dict)
    decisions: InForce = field(default_factory=dict)
    told_at: datetime | None = None


def kept_of(item: Item | None) -> Kept:
    """Read a `CONSENT` row."""
    if item is None:
        return Kept()
    row = from_item(item)
    ledgers = {
        strand: [_decision(line) for line in lines]
        for strand, lines in json.loads(row["latest"]).items()
    }
    told_at = parse_instant(row["told_at"]) if "told_at" in row else None
    return Kept(row["version"], ledgers, in_force_of(row), told_at)


def in_force_of(row: Mapping[str, Any]) -> InForce:
    """What is in force, out of a `CONSENT` row that was read as plain data."""
    found = [_decision(line) for line in json.loads(row.get("decisions", "[]"))]
    return {decision.scope: decision for decision in found}


def kept_item(workspace_id: str, root: str, kept: Kept) -> Item:
    """Write a `CONSENT` row."""
    latest = {strand: [_line(one) for one in lines] for strand, lines in kept.ledgers.items()}
    # A verdict stands under the scope that was asked for, which may be narrower than what decided.
    decisions = [[*scope, *_line(one)[3:]] for scope, one in kept.decisions.items()]
    return to_item(
        {
            "pk": keys.person(workspace_id, root),
            "sk": keys.CONSENT,
            "version": kept.version,
            "latest": to_text(latest),
            "decisions": to_text(decisions),
            "told_at": kept.told_at,
        }
    )


def ledger_item(workspace_id: str, strand_id: str, decision: Decision) -> Item:
    """Write a line of the ledger."""
    scope = decision.scope
    return to_item(
        {
            "pk": keys.person(workspace_id, strand_id),
            "sk": keys.agreed(*scope, _identity(decision)),
            "purpose": scope.purpose,
            "topic": scope.topic or None,
            "channel": scope.channel or None,
            "granted": decision.granted,
            "at": decision.at,
            "source": decision.source,
            "evidence": decision.evidence,
            "address": decision.address or None,
            "detail": decision.detail or None,
        }
    )


def decision_of(row: Mapping[str, Any]) -> Decision:
    """Read a line of the ledger as plain data."""
    return Decision(
        Scope(row["purpose"], row.get("topic", ""), row.get("channel", "")),
        row["granted"],
        parse_instant(row["at"]),
        row["source"],
        row["evidence"],
        row.get("address", ""),
        row.get("detail", ""),
    )


def stories(row: Mapping[str, Any]) -> "list[ConsentStory]":
    """What is in force as operators read it, out of a `CONSENT` row that is plain data."""
    known = in_force_of(row)
    return [story(scope, known[scope]) for scope in sorted(known)]


def story(scope: Scope, decision: Decision) -> "ConsentStory":
    """One decision as operators read it; a topic or channel that is null is all of them."""
    return {
        "purpose": scope.purpose,
        "topic": scope.topic or None,
        "channel": scope.channel or None,
        "granted": decision.granted,
        "at": decision.moment,
        "source": decision.source,
        "evidence": decision.evidence,
    }


def _identity(decision: Decision) -> str:
    """What tells decisions of one scope apart: an event says each thing once, a person often."""
    if decision.evidence == "operator":
        return f"{decision.source}@{decision.moment}"
    return decision.source


def _line(one: Decision) -> list[Any]:
    return [*one.scope, one.granted, one.moment, one.source, one.evidence]


def _decision(line: list[Any]) -> Decision:
    purpose, topic, channel, granted, at, source, evidence = line
    return Decision(Scope(purpose, topic, channel), granted, parse_instant(at), source, evidence)
