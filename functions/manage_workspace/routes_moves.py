"""Those inside a journey: counted, moved, taken out; and journeys that are archived or deleted."""

from typing import Final, cast

from pydantic import TypeAdapter

from functions.manage_workspace import definitions
from functions.manage_workspace.parsing import parse, whole_number
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.publishing import archive
from shared.aws.catalog_writer import Edit
from shared.domain.instants import format_instant
from shared.domain.journeys.move_job import MoveJob
from shared.domain.journeys.moving import Choices, Line
from shared.domain.workspace import move_answers as answers
from shared.domain.workspace.stories import Bilingual
from shared.errors import ConflictError

MOVES: Final = 20
_CHOICES: Final = TypeAdapter(answers.MoveChoices)
_ARCHIVING: Final = TypeAdapter(answers.Archiving)


def plan_move(ports: Ports, call: Call) -> answers.MoveAnswer:
    """Begin a move by counting who is inside."""
    edit = ports.edit()
    journey = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    job = ports.moves.count(ports.workspace_id, journey)
    return {"success": True, "move": _state(ports, edit, job)}


def list_moves(ports: Ports, call: Call) -> answers.MoveList:
    """The latest moves."""
    edit = ports.edit()
    definitions.find(edit, "JOURNEY", call.path["journey_id"])
    found = ports.moves.store.latest(ports.workspace_id, call.path["journey_id"], MOVES)
    return {"success": True, "moves": [_state(ports, edit, job) for job in found]}


def get_move(ports: Ports, call: Call) -> answers.MoveAnswer:
    """One move."""
    return {"success": True, "move": _state(ports, ports.edit(), _load(ports, call))}


def run_move(ports: Ports, call: Call) -> answers.MoveAnswer:
    """Move those who were counted."""
    asked = parse(_CHOICES, call.body or {})
    choices = Choices(dict(asked.to), frozenset(asked.end), frozenset(asked.keep))
    edit = ports.edit()
    job = ports.moves.run(ports.workspace_id, edit, _load(ports, call), choices)
    return {"success": True, "move": _state(ports, edit, job)}


def retry_move(ports: Ports, call: Call) -> answers.MoveAnswer:
    """Carry a move on that failed."""
    job = ports.moves.retry(ports.workspace_id, _load(ports, call))
    return {"success": True, "move": _state(ports, ports.edit(), job)}


def archive_journey(ports: Ports, call: Call) -> answers.JourneyArchived:
    """Let nobody enter any more."""
    asked = parse(_ARCHIVING, call.body or {})
    edit = ports.edit()
    journey = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    outcome, after = archive(edit, journey)
    move = None
    if asked.inside == "end":
        job = ports.moves.take_out(ports.workspace_id, after)
        move = _state(ports, edit, job)
    return {"success": True, "outcome": outcome, "move": move}


def delete_journey(ports: Ports, call: Call) -> answers.JourneyDeleted:
    """Delete a journey that nobody is in, with its state machines."""
    edit = ports.edit()
    journey = definitions.find(edit, "JOURNEY", call.path["journey_id"])
    if journey.published_version is not None:
        if journey.status != "archived":
            raise ConflictError(
                f"the journey is {journey.status}", hint="archive it first, so that nobody enters"
            )
        if not ports.moves.nobody_is_inside(ports.workspace_id, journey):
            raise ConflictError(
                "nobody knows whether somebody is inside",
                hint="count who is inside since it was archived; end or await whoever is",
            )
        ports.moves.delete_machines(journey.definition_id)
    edit.delete(journey)
    edit.commit()
    return {"success": True, "outcome": "deleted"}


def _load(ports: Ports, call: Call) -> MoveJob:
    number = whole_number(call.path["move"], "move", 10**6)
    return ports.moves.store.load(ports.workspace_id, call.path["journey_id"], number)


def _state(ports: Ports, edit: Edit, job: MoveJob) -> answers.MoveState:
    moves, workspace_id = ports.moves, ports.workspace_id
    lost = None if job.is_over else moves.machine.lost(workspace_id, job)
    counted = moves.store.whole(workspace_id, job, "count")
    whole = moves.store.whole(workspace_id, job, "move")
    status: str = job.stage if lost is None else "failed"
    return {
        "move": job.number,
        "journey_id": job.journey_id,
        "version": job.version,
        "status": cast("answers.MoveStatus", status),
        "reason": lost or "",
        "attempt": job.attempt,
        "requested_at": format_instant(job.requested_at),
        "finished_at": format_instant(job.finished_at) if job.finished_at else None,
        "inside": counted.inside,
        "lines": [_line(one) for one in moves.lines(workspace_id, edit, job, job.choices)],
        "moved": whole.outcomes.get("moved", 0),
        "ended": whole.outcomes.get("ended", 0),
        "kept": whole.outcomes.get("kept", 0),
        "unchosen": whole.outcomes.get("unchosen", 0),
        "passed": whole.outcomes.get("passed", 0),
        "failed": whole.failed,
        "failures": [{"enrolment_id": each, "reason": why} for each, why in whole.failures],
    }


def _line(line: Line) -> answers.MoveLine:
    return {
        "version": line.version,
        "step": line.step,
        "waiting": line.waiting,
        "ready": line.ready,
        "what": line.fate.what,
        "to": line.fate.step or None,
        "text": _text(line),
    }


def _text(line: Line) -> Bilingual:
    people, step, to = line.people, line.step, line.fate.step
    match line.fate.what:
        case "same" | "to":
            return {
                "en": f"{people} stand in “{step}” → “{to}”",
                "zh": f"{people} 人停留在“{step}” → “{to}”",
            }
        case "end":
            return {
                "en": f"{people} stand in “{step}”: they end",
                "zh": f"{people} 人停留在“{step}”：结束旅程",
            }
        case "keep":
            return {
                "en": f"{people} stand in “{step}”: they stay on version {line.version}",
                "zh": f"{people} 人停留在“{step}”：保留在版本 {line.version}",
            }
        case "choose":
            return {
                "en": f"{people} stand in “{step}”, which is not there any more: choose",
                "zh": f"{people} 人停留在“{step}”，新版本没有该步骤：请选择",
            }
