"""Parts of a person's portrait that come from rows in one place: memberships, journeys, events."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from shared.aws import keys
from shared.domain.instants import format_instant
from shared.domain.journeys.asking import Request, asked_for
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.messages.model import MessageRequest
from shared.domain.workspace import stories
from shared.domain.workspace.words import enrolment_text, message_text, unsent

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What definitions are called; `journey` gives None for a version that is not there."""

    segments: Mapping[str, str]
    tags: Mapping[str, str]
    journey: Callable[[str, int], Journey | None]


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


def membership(row: Row, names: Names) -> stories.MembershipStory:
    """One membership, current or past."""
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


def tag(row: Row, names: Names) -> stories.TagStory:
    """The value of one tag, which has one."""
    tag_id = row["sk"].removeprefix(keys.TAG_PREFIX)
    return {
        "tag_id": tag_id,
        "title": names.tags.get(tag_id, tag_id),
        "value": json.loads(row["value"]),
        "since": row["since"],
        "version": row["version"],
        "because": json.loads(row["because"]),
        "changes_at": row.get("changes_at"),
    }


def enrolment(known: Enrolment, names: Names) -> stories.EnrolmentStory:
    """One run through a journey."""
    body = known.to_json()
    journey = names.journey(known.journey_id, known.journey_version)
    return {
        "enrolment_id": known.enrolment_id,
        "journey_id": known.journey_id,
        "title": journey.title if journey else known.journey_id,
        "journey_version": known.journey_version,
        "status": known.status,
        "reason": known.reason,
        "text": enrolment_text(known),
        "step": known.at,
        "entered_at": body["entered_at"],
        "due_at": body["waiting"]["due"] if known.waiting else None,
        "trace": body["trace"],
        "unsent": unsent(journey, known) if journey else [],
    }


def messages(
    rows: Iterable[Row], enrolments: Iterable[Enrolment], names: Names
) -> list[stories.MessageStory]:
    """What became of each message; one without a row was asked for, and nobody claimed it yet."""
    told = [message(row) for row in rows]
    known = {one["message_id"] for one in told}
    for each in enrolments:
        told += [
            waiting(request)
            for request in _asked(each, names)
            if isinstance(request, MessageRequest) and request.message_id not in known
        ]
    return told


def _asked(enrolment: Enrolment, names: Names) -> Iterator[Request]:
    """What an enrolment has asked for, each decision under the version that it was made by."""
    for version, entries in groupby(enrolment.trace, lambda entry: entry.version):
        journey = names.journey(enrolment.journey_id, version)
        if journey:
            yield from asked_for(journey, replace(enrolment, journey_version=version), entries)


def waiting(request: MessageRequest) -> stories.MessageStory:
    """A message that waits to be handed over."""
    asked = {**asdict(request), "requested_at": format_instant(request.requested_at)}
    return message({**asked, "sk": keys.message(request.message_id), "status": "requested"})


def message(row: Row) -> stories.MessageStory:
    """One message and what became of it."""
    return {
        "message_id": row["sk"].removeprefix(keys.MESSAGE_PREFIX),
        "enrolment_id": row["enrolment_id"],
        "journey_id": row["journey_id"],
        "journey_version": row["journey_version"],
        "step": row["step"],
        "visit": row["visit"],
        "template_id": row["template_id"],
        "template_version": row.get("template_version"),
        "purpose": row["purpose"],
        "channel": row.get("channel"),
        "address": row.get("address"),
        "status": row["status"],
        "reason": row.get("reason"),
        "detail": row.get("detail"),
        "text": message_text(row["status"], row.get("reason"), row.get("detail", "")),
        "requested_at": row["requested_at"],
        "until": row.get("until"),
        "claimed_at": row.get("claimed_at"),
        "settled_at": row.get("settled_at"),
        "provider": row.get("provider"),
        "provider_message_id": row.get("provider_message_id"),
    }
