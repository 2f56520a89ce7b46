"""The shapes of enrolments (ENR) and of their listeners (WAIT).

The latest enrolment of a person in a journey lies in the *slot* of that journey, so that the row
itself says whether somebody is in there; one that gave its slot to the next lies under its own id.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from shared.aws import keys
from shared.aws.packing import known_of, pack, unpack
from shared.aws.versions import versioned
from shared.domain.instants import parse_instant
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ports import Ref, Stored, TaskToken
from shared.domain.journeys.wakes import wake_of
from shared.domain.text import to_text

Row = dict[str, Any]


def row_key(ref: Ref, sk: str) -> Row:
    """The key of a row at the enrolment's desk."""
    return {"pk": keys.person(ref.workspace_id, ref.profile_id), "sk": sk}


def run_of(row: Mapping[str, Any]) -> Run:
    """What an entry has to know of the latest enrolment."""
    is_active = row["status"] == "active"
    entered_at = parse_instant(row["entered_at"])
    decided_at = parse_instant(row["decided_at"]) if "decided_at" in row else None
    return Run(row["enrolment_id"], entered_at, is_active, decided_at)


def enrolment_row(ref: Ref, stored: Stored, decided_at: datetime, told: int = 0) -> Row:
    """An enrolment with its trace, in its slot.

    `told` is how many of its decisions the row held before: whoever hears of the change counts and
    tells only those that came with it, as of the instant `decided_at`.
    """
    enrolment = stored.enrolment
    wake = wake_of(enrolment) if stored.wake_at else None
    row = {
        **row_key(ref, keys.enrolment(ref.enrolment_id)),
        "enrolment_id": ref.enrolment_id,
        "journey_id": enrolment.journey_id,
        "journey_version": enrolment.journey_version,
        "status": enrolment.status,
        "reason": enrolment.reason or None,
        "ended_by": enrolment.ended_by,
        "entered_at": enrolment.entered_at,
        "version": stored.version,
        "decided_at": decided_at,
        "told": told,
        "machine": stored.machine or None,
        "task": to_text(asdict(stored.task)) if stored.task else None,
        "wake_at": stored.wake_at,
        "wake_place": wake.place if wake else None,
        "wake_fold": (stored.wake_fold or None) if wake else None,
    }
    return versioned({**row, "body": pack(to_text(enrolment.to_json()), known_of(row))})


def past_row(row: Row) -> Row:
    """The row of an enrolment that gives its slot to the next; nothing of it is news."""
    told = len(enrolment_of(row).trace)
    return {**row, "sk": keys.past_enrolment(row["enrolment_id"]), "told": told}


def enrolment_of(row: Mapping[str, Any]) -> Enrolment:
    """Read the enrolment in a row."""
    return Enrolment.from_json(json.loads(body_text(row)))


def body_text(row: Mapping[str, Any]) -> str:
    """The enrolment as JSON text."""
    return unpack(row["body"], known_of(row))


def stored_of(row: Row) -> Stored:
    """Read an enrolment."""
    return Stored(
        enrolment=enrolment_of(row),
        version=row["version"],
        machine=row.get("machine", ""),
        task=TaskToken(**json.loads(row["task"])) if "task" in row else None,
        wake_at=parse_instant(row["wake_at"]) if "wake_at" in row else None,
        wake_fold=row.get("wake_fold", ""),
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
