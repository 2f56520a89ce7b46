"""The shapes of enrolments (ENR), re-entry guards (RUN), listeners (WAIT) and message requests."""

import json
from dataclasses import asdict
from typing import Any

from shared.aws import keys
from shared.domain.instants import parse_instant
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ports import Ref, Stored, TaskToken
from shared.domain.journeys.wakes import wake_of
from shared.domain.messages.model import MessageRequest
from shared.domain.text import to_text

Row = dict[str, Any]


def row_key(ref: Ref, sk: str) -> Row:
    """The key of a row at the enrolment's desk."""
    return {"pk": keys.person(ref.workspace_id, ref.profile_id), "sk": sk}


def run_row(ref: Ref, enrolment: Enrolment) -> Row:
    """The re-entry guard when `enrolment` is the latest run."""
    return {
        **row_key(ref, keys.run(enrolment.journey_id)),
        "enrolment_id": enrolment.enrolment_id,
        "entered_at": enrolment.entered_at,
        "active": enrolment.status == "active",
        "reason": enrolment.reason or None,
    }


def run_of(row: Row) -> Run:
    """Read a re-entry guard."""
    return Run(row["enrolment_id"], parse_instant(row["entered_at"]), row["active"])


def enrolment_row(ref: Ref, stored: Stored) -> Row:
    """An enrolment with its trace."""
    enrolment = stored.enrolment
    wake = wake_of(enrolment) if stored.wake_at else None
    return {
        **row_key(ref, keys.enrolment(ref.enrolment_id)),
        "journey_id": enrolment.journey_id,
        "journey_version": enrolment.journey_version,
        "status": enrolment.status,
        "reason": enrolment.reason or None,
        "ended_by": enrolment.ended_by,
        "entered_at": enrolment.entered_at,
        "version": stored.version,
        "machine": stored.machine or None,
        "task": to_text(asdict(stored.task)) if stored.task else None,
        "wake_at": stored.wake_at,
        "wake_place": wake.place if wake else None,
        "body": to_text(enrolment.to_json()),
    }


def stored_of(row: Row) -> Stored:
    """Read an enrolment."""
    return Stored(
        enrolment=Enrolment.from_json(json.loads(row["body"])),
        version=row["version"],
        machine=row.get("machine", ""),
        task=TaskToken(**json.loads(row["task"])) if "task" in row else None,
        wake_at=parse_instant(row["wake_at"]) if "wake_at" in row else None,
    )


def listener_row(ref: Ref, listen: Listen) -> Row:
    """What is found by a trigger."""
    kinds: list[Row] = [{"kind": "exit"}] if listen.exits else []
    if listen.step:
        kinds.append({"kind": "wait", "step": listen.step, "visit": listen.visit})
    return {
        **row_key(ref, keys.listener(listen.trigger, ref.enrolment_id)),
        "kinds": to_text(kinds),
        "step": listen.step,
        "visit": listen.visit if listen.step else None,
    }


def message_row(request: MessageRequest) -> Row:
    """A message that is asked for; it lies at the desk of its enrolment."""
    row = asdict(request)
    pk = keys.person(row.pop("workspace_id"), row.pop("profile_id"))
    row["fallback"] = to_text(request.fallback) if request.fallback else None
    return {"pk": pk, "sk": keys.message(row.pop("message_id")), **row, "status": "requested"}
