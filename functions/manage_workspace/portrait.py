"""From the rows of one person to the answer that operators read; pure."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from shared.aws import consent_rows, keys
from shared.domain.counters.fold import counted_days
from shared.domain.instants import parse_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.lifecycle.stages import stage_at
from shared.domain.profiles.model import ProfileState
from shared.domain.text import to_text
from shared.domain.workspace import stories
from shared.domain.workspace.words import enrolment_text, message_text, unsent

Row = Mapping[str, Any]

# An answer of a function ends at 6 MB. Of enrolments and of messages the newest are told that fit
# into this each; a page of the timeline is at most 1 MB by itself.
MOST_BYTES: Final = 2_000_000

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Names:
    """What definitions are called; `journey` gives None for a version that is not there."""

    segments: Mapping[str, str]
    journey: Callable[[str, int], Journey | None]


def portrait(
    rows: Iterable[Row], timeline: stories.Timeline, names: Names, now: datetime
) -> stories.ProfileStory:
    """Everything that is known of one person; `rows` must hold the `PROFILE` row."""
    known: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        known[row["sk"].partition("#")[0]].append(row)
    profile = known[keys.PROFILE][0]
    enrolments = [_enrolment(row, names) for row in known["ENR"]]
    messages = [_message(row) for row in known["MSG"]]
    enrolments_told = newest(enrolments, lambda one: one["entered_at"])
    messages_told = newest(messages, lambda one: one["requested_at"])
    return {
        "profile_id": profile["profile_id"],
        "created_at": profile["created_at"],
        "identifiers": [_identifier(row) for row in known["ID"]],
        "traits": json.loads(profile["traits"]),
        "tags": _tags(known[keys.STATE], now),
        "counts": _counts(known["CNT"]),
        "memberships": [_membership(row, names) for row in known["SEG"]],
        "enrolments": enrolments_told,
        "messages": messages_told,
        "left_out": {
            "enrolments": len(enrolments) - len(enrolments_told),
            "messages": len(messages) - len(messages_told),
        },
        "consents": [one for row in known[keys.CONSENT] for one in consent_rows.stories(row)],
        "timeline": timeline,
    }


def newest(found: list[S], at: Callable[[S], str], most_bytes: int = MOST_BYTES) -> list[S]:
    """The newest first, as many as fit."""
    told: list[S] = []
    for story in sorted(found, key=at, reverse=True):
        most_bytes -= len(to_text(story).encode())
        if most_bytes < 0:
            break
        told.append(story)
    return told


def event(row: Row) -> stories.EventStory:
    """One row of the timeline."""
    body = json.loads(row["body"])
    return {
        "message_id": body["message_id"],
        "type": row["type"],
        "name": row["name"],
        "occurred_at": row["occurred_at"],
        "received_at": row["received_at"],
        "source_id": row["source_id"],
        "properties": body.get("properties", {}),
    }


def _identifier(row: Row) -> stories.IdentifierStory:
    return {"kind": row["kind"], "value": row["value"], "linked_at": row["linked_at"]}


def _tags(rows: list[Row], now: datetime) -> stories.Tags:
    """The stage is the one of now: silence moves it on without anything being stored."""
    row = rows[0] if rows and "events" in rows[0] else None
    if row is None:
        return {
            "stage": stage_at(None, now),
            "stage_since": None,
            "first_seen_at": None,
            "last_seen_at": None,
            "events": 0,
        }
    state = ProfileState(
        parse_instant(row["first_seen_at"]), parse_instant(row["last_seen_at"]), row["events"]
    )
    stage = stage_at(state, now)
    return {
        "stage": stage,
        "stage_since": row.get("stage_since") if row.get("stage") == stage else None,
        "first_seen_at": row["first_seen_at"],
        "last_seen_at": row["last_seen_at"],
        "events": row["events"],
    }


def _counts(rows: list[Row]) -> list[stories.CountStory]:
    counts: dict[str, stories.CountStory] = {}
    for row in rows:
        escaped, _, month = row["sk"].removeprefix(keys.COUNTER_PREFIX).rpartition("#")
        name, first_at, last_at = keys.unescape(escaped), row["first_at"], row["last_at"]
        story = counts.setdefault(
            name, {"event": name, "times": 0, "first_at": first_at, "last_at": last_at}
        )
        story["times"] += sum(counted_days(month, row).values())
        story["first_at"] = min(story["first_at"], first_at)
        story["last_at"] = max(story["last_at"], last_at)
    return sorted(counts.values(), key=lambda story: (-story["times"], story["event"]))


def _membership(row: Row, names: Names) -> stories.MembershipStory:
    segment_id = row["sk"].removeprefix(keys.SEGMENT_PREFIX)
    return {
        "segment_id": segment_id,
        "title": names.segments.get(segment_id, segment_id),
        "member": row["member"],
        "since": row["since"],
        "version": row["version"],
        "because": json.loads(row.get("because", "[]")),
        "changes_at": row.get("changes_at"),
    }


def _enrolment(row: Row, names: Names) -> stories.EnrolmentStory:
    body = json.loads(row["body"])
    enrolment = Enrolment.from_json(body)
    journey = names.journey(enrolment.journey_id, enrolment.journey_version)
    return {
        "enrolment_id": enrolment.enrolment_id,
        "journey_id": enrolment.journey_id,
        "title": journey.title if journey else enrolment.journey_id,
        "journey_version": enrolment.journey_version,
        "status": enrolment.status,
        "reason": enrolment.reason,
        "text": enrolment_text(enrolment),
        "step": enrolment.at,
        "entered_at": body["entered_at"],
        "due_at": body["waiting"]["due"] if enrolment.waiting else None,
        "trace": body["trace"],
        "unsent": unsent(journey, enrolment) if journey else [],
    }


def _message(row: Row) -> stories.MessageStory:
    return {
        "message_id": row["sk"].removeprefix(keys.MESSAGE_PREFIX),
        "enrolment_id": row["enrolment_id"],
        "journey_id": row["journey_id"],
        "journey_version": row["journey_version"],
        "step": row["step"],
        "visit": row["visit"],
        "template_id": row["template_id"],
        "purpose": row["purpose"],
        "channel": row.get("channel"),
        "address": row.get("address"),
        "status": row["status"],
        "reason": row.get("reason"),
        "detail": row.get("detail"),
        "text": message_text(row["status"], row.get("reason"), row.get("detail", "")),
        "requested_at": row["requested_at"],
        "claimed_at": row.get("claimed_at"),
        "settled_at": row.get("settled_at"),
        "provider": row.get("provider"),
        "provider_message_id": row.get("provider_message_id"),
    }
