"""Broadcasts: preview, start, look, pause, resume and cancel."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from functions.manage_workspace import definitions
from functions.manage_workspace.broadcast_states import progress_state, state_of, wave_state
from functions.manage_workspace.parsing import adapter, parse
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog_writer import Edit
from shared.aws.meanings import JOURNEY
from shared.domain.audiences.model import CONDITION
from shared.domain.broadcasts.beginning import check_entry, sample_of
from shared.domain.broadcasts.model import KEPT, Broadcast, Wave
from shared.domain.broadcasts.waves import Sorting
from shared.domain.instants import format_instant
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.local_time import own_zone
from shared.domain.workspace import broadcast_answers as answers
from shared.errors import ConflictError, InvalidInputError

LISTED: Final = 100
LOOKED_AT: Final = 1_000  # people whose zones a preview reads
_READ_AT_ONCE: Final = 100
_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,59}")


def list_broadcasts(ports: Ports, call: Call) -> answers.BroadcastList:  # noqa: ARG001
    """The latest broadcasts."""
    found = ports.broadcasting.store.all(ports.workspace_id)[:LISTED]
    return {"success": True, "broadcasts": [state_of(one) for one in found]}


def get_broadcast(ports: Ports, call: Call) -> answers.BroadcastAnswer:
    """One broadcast."""
    found = ports.broadcasting.store.load(ports.workspace_id, call.path["broadcast_id"])
    return {"success": True, "broadcast": _progress(ports, found)}


def start_broadcast(ports: Ports, call: Call) -> answers.BroadcastStarted:
    """Begin a broadcast, once for each id."""
    broadcast_id = call.path["broadcast_id"]
    if not _ID.fullmatch(broadcast_id):
        raise InvalidInputError(
            "an id has up to 60 small letters, digits, - and _, and begins with a letter",
            where="broadcast_id",
        )
    asked = parse(adapter(answers.NewBroadcast), call.body)
    wanted = _wanted(ports, ports.edit(), asked, broadcast_id)
    known, is_new = ports.broadcasting.desk.begin(ports.workspace_id, wanted)
    if asked.at is not None and known.starts_at != wanted.starts_at:
        raise ConflictError(f"the broadcast {broadcast_id!r} starts at another instant")
    return {
        "success": True,
        "outcome": "created" if is_new else "unchanged",
        "broadcast": _progress(ports, known),
    }


def pause_broadcast(ports: Ports, call: Call) -> answers.BroadcastAnswer:
    """Stop asking people."""
    after = ports.broadcasting.desk.pause(ports.workspace_id, call.path["broadcast_id"])
    return {"success": True, "broadcast": _progress(ports, after)}


def resume_broadcast(ports: Ports, call: Call) -> answers.BroadcastAnswer:
    """Go on."""
    after = ports.broadcasting.desk.resume(ports.workspace_id, call.path["broadcast_id"])
    return {"success": True, "broadcast": _progress(ports, after)}


def cancel_broadcast(ports: Ports, call: Call) -> answers.BroadcastAnswer:
    """Stop for good."""
    after = ports.broadcasting.desk.cancel(ports.workspace_id, call.path["broadcast_id"])
    return {"success": True, "broadcast": _progress(ports, after)}


def preview_broadcast(ports: Ports, call: Call) -> answers.BroadcastPreview:
    """Count who would be asked now, and say when."""
    asked = parse(adapter(answers.NewBroadcast), call.body)
    one = _wanted(ports, ports.edit(), asked, "preview")
    at = ports.now()
    queries = ports.audiences.queries
    if one.local_time:
        page = queries.page(ports.workspace_id, asked.node, at, LOOKED_AT, "")
        people, waves, looked_at = page.people, *_waves(ports, one, page.profile_ids)
    else:
        people, looked_at = queries.size(ports.workspace_id, asked.node, at), 0
        waves = [Wave("all", "", one.starts_at, people)]
    return {
        "success": True,
        "at": format_instant(at),
        "people": people,
        "looked_at": looked_at,
        "minutes": -(-people // one.rate) if one.rate else None,
        "waves": [wave_state(wave, 0) for wave in _scaled(waves, people)],
    }


def _wanted(ports: Ports, edit: Edit, asked: answers.NewBroadcast, broadcast_id: str) -> Broadcast:
    """The broadcast that is asked for; raises NotFoundError, InvalidInputError, ConflictError."""
    journey, now = _published(edit, asked.journey_id), to_milliseconds(ports.now())
    check_entry(journey)
    ports.audiences.queries.expanded(ports.workspace_id, asked.node)
    starts_at = to_milliseconds(asked.at) if asked.at else now
    if starts_at > now + KEPT:
        raise InvalidInputError(f"at most {KEPT.days} days ahead", where="at")
    sample = None
    if (part := asked.sample) is not None:
        sample = sample_of(journey, part.share, part.decide_after, part.experiment, part.least)
    return Broadcast(
        broadcast_id=broadcast_id,
        journey_id=asked.journey_id,
        condition=CONDITION.dump_json(asked.node).decode(),
        segment_id=asked.segment_id or "",
        asked_at=now,
        starts_at=starts_at,
        local_time=asked.local_time or "",
        rate=asked.rate or 0,
        sample=sample,
    )


def _published(edit: Edit, journey_id: str) -> Journey:
    found = definitions.find(edit, "JOURNEY", journey_id)
    if found.published_version is None or found.status != "published":
        raise ConflictError(f"the journey is {found.status}", hint="publish it first")
    return JOURNEY.validate_json(edit.body_of(found, found.published_version))


def _waves(ports: Ports, one: Broadcast, ids: list[str]) -> tuple[list[Wave], int]:
    """The waves of some people, and how many of them are there still."""
    zone = ports.published.settings(ports.workspace_id).zone
    sorting = Sorting(one, max(one.starts_at, ports.now()))
    looked_at = 0
    for traits in _traits(ports, ids):
        for profile_id, known in traits.items():
            sorting.place(profile_id, own_zone(known, zone))
            looked_at += 1
    return list(sorting.waves), looked_at


def _traits(ports: Ports, ids: list[str]) -> Iterator[Mapping[str, Mapping[str, object]]]:
    waiting = iter(ids)
    while chunk := list(islice(waiting, _READ_AT_ONCE)):
        yield ports.persons.traits_of(ports.workspace_id, chunk)


def _scaled(waves: list[Wave], people: int) -> list[Wave]:
    """Waves of some people as they would be with all of them, in the order of their instants."""
    looked_at = sum(wave.people for wave in waves) or 1
    scaled = (wave._replace(people=round(wave.people * people / looked_at)) for wave in waves)
    return sorted(scaled, key=lambda wave: (_instant(wave), wave.group))


def _instant(wave: Wave) -> tuple[bool, datetime | None]:
    return wave.at is None, wave.at


def _progress(ports: Ports, one: Broadcast) -> answers.BroadcastProgress:
    parts = ports.broadcasting.parts.all(ports.workspace_id, one.broadcast_id)
    return progress_state(one, parts)
