"""Replays of the lake: asked for here, carried out by replay_lake."""

import json
from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.domain.instants import format_instant
from shared.domain.recovery.progress import Replay, day_of
from shared.domain.workspace import replay_answers as answers
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import ConflictError, InvalidInputError, NotFoundError

# Whoever tells of people goes by settings that are some seconds old (`CatalogReader`): a replay
# that is asked for in the same breath as quiet must not be the first to be told of.
HEARD_WITHIN_SECONDS: Final = 15

_NEW_REPLAY: Final[TypeAdapter[answers.NewReplay]] = TypeAdapter(answers.NewReplay)


def start_replay(ports: Ports, call: Call) -> answers.ReplayChanged:
    """Begin a replay, or give one that is not done another push."""
    wanted = parse(_NEW_REPLAY, call.body)
    if not (ports.edit().settings() or WorkspaceSettings()).restoring:
        raise ConflictError(
            "journeys would begin for everybody whom a replay brings back",
            hint="put settings with restoring: true first",
        )
    now = ports.now()
    replay = Replay(
        workspace_id=ports.workspace_id,
        replay_id=wanted.replay_id or ports.new_id(),
        created_at=now,
        updated_at=now,
        from_day=day_of(wanted.from_day or ""),
    )
    known = ports.recovering.replays.find(ports.workspace_id, replay.replay_id)
    if known and known.from_day != replay.from_day:
        raise InvalidInputError(
            "there is a replay of this id from another day",
            where="replay_id",
            hint="choose another id (`rapport restore replay --name NEW`)",
        )
    if known is None and not ports.recovering.replays.add(replay):
        raise ConflictError("somebody else begins this replay")
    replay = known or replay
    if not replay.is_done:
        message = {"workspace_id": replay.workspace_id, "replay_id": replay.replay_id}
        ports.recovering.queue.send_later([(json.dumps(message), HEARD_WITHIN_SECONDS)])
    outcome: Outcome = "unchanged" if known else "created"
    return {"success": True, "outcome": outcome, "replay": _state(replay)}


def list_replays(ports: Ports, call: Call) -> answers.ReplayList:  # noqa: ARG001
    """All replays, the newest first: one for each recovery, so they fit into one answer."""
    found = sorted(
        ports.recovering.replays.all(ports.workspace_id),
        key=lambda replay: replay.created_at,
        reverse=True,
    )
    return {"success": True, "replays": [_state(replay) for replay in found]}


def get_replay(ports: Ports, call: Call) -> answers.ReplayAnswer:
    """One replay."""
    replay_id = call.path["replay_id"]
    replay = ports.recovering.replays.find(ports.workspace_id, replay_id)
    if replay is None:
        raise NotFoundError(f"there is no replay {replay_id!r}")
    return {"success": True, "replay": _state(replay)}


def _state(replay: Replay) -> answers.ReplayState:
    return {
        "replay_id": replay.replay_id,
        "from_day": replay.from_day or None,
        "stage": replay.stage,
        "created_at": format_instant(replay.created_at),
        "updated_at": format_instant(replay.updated_at),
        "objects": replay.objects,
        "all_objects": replay.all_objects,
        "rows": replay.rows,
        "applied": replay.applied,
        "known": replay.known,
        "left_out": replay.left_out,
    }
