"""The rights of people: everything about one as an archive, and erasing one with a receipt."""

from datetime import datetime

from functions.manage_workspace.paging import page_of
from functions.manage_workspace.ports import Call, Ports
from shared.aws.archives import archive_key
from shared.aws.export_store import Export
from shared.domain.erasure.model import Erasure, erasure_id_of
from shared.domain.instants import format_instant
from shared.domain.workspace import privacy_answers as answers
from shared.errors import NotFoundError


def create_export(ports: Ports, call: Call) -> answers.ExportAnswer:
    """Ask for the archive of a person."""
    privacy, profile_id = ports.privacy, call.path["profile_id"]
    person = privacy.people.person(ports.workspace_id, profile_id)
    if person is None:
        raise NotFoundError(f"there is no profile {profile_id!r}")
    export = Export(
        export_id=ports.new_id(),
        profile_id=person.profile_id,
        requested_at=ports.now(),
    )
    privacy.exports.put(ports.workspace_id, export)
    privacy.export_queue.send_json(
        {"workspace_id": ports.workspace_id, "export_id": export.export_id}
    )
    return {"success": True, "export": _export(ports, export)}


def get_export(ports: Ports, call: Call) -> answers.ExportAnswer:
    """One export."""
    export = ports.privacy.exports.load(ports.workspace_id, call.path["export_id"])
    return {"success": True, "export": _export(ports, export)}


def create_erasure(ports: Ports, call: Call) -> answers.ErasureAnswer:
    """Begin to erase a person; once begun, it cannot be taken back."""
    privacy, profile_id = ports.privacy, call.path["profile_id"]
    person = privacy.people.person(ports.workspace_id, profile_id)
    if person:
        wanted = Erasure(
            erasure_id=erasure_id_of(ports.workspace_id, person.profile_id),
            profile_id=person.profile_id,
            requested_at=ports.now(),
        )
        erasure = privacy.erasures.begin(ports.workspace_id, wanted)
    else:  # being erased, or erased: the same answer as before
        erasure = _begun(ports, profile_id)
    if not erasure.is_done:
        privacy.erasure_queue.send_json(
            {"workspace_id": ports.workspace_id, "erasure_id": erasure.erasure_id}
        )
    return {"success": True, "erasure": _erasure(erasure)}


def list_erasures(ports: Ports, call: Call) -> answers.ErasureList:
    """A page of all erasures."""
    found, cursor = ports.privacy.erasures.page(ports.workspace_id, *page_of(call))
    return {"success": True, "erasures": [_erasure(each) for each in found], "cursor": cursor}


def get_erasure(ports: Ports, call: Call) -> answers.ErasureAnswer:
    """One erasure."""
    erasure = ports.privacy.erasures.load(ports.workspace_id, call.path["erasure_id"])
    return {"success": True, "erasure": _erasure(erasure)}


def _begun(ports: Ports, profile_id: str) -> Erasure:
    erasure_id = erasure_id_of(ports.workspace_id, profile_id)
    try:
        return ports.privacy.erasures.load(ports.workspace_id, erasure_id)
    except NotFoundError:
        raise NotFoundError(f"there is no profile {profile_id!r}") from None


def _export(ports: Ports, export: Export) -> answers.ExportState:
    url = None
    if export.status == "done":
        url = ports.privacy.archives.link(
            archive_key(ports.workspace_id, export.profile_id, export.export_id)
        )
    return {
        "export_id": export.export_id,
        "profile_id": export.profile_id,
        "status": export.status,
        "requested_at": format_instant(export.requested_at),
        "expires_at": format_instant(export.expires_at),
        "size": export.size,
        "url": url,
    }


def _erasure(erasure: Erasure) -> answers.ErasureState:
    return {
        "erasure_id": erasure.erasure_id,
        "status": "done" if erasure.is_done else "running",
        "stage": erasure.stage,
        "requested_at": format_instant(erasure.requested_at),
        "erased_at": _text(erasure.erased_at),
        "resume_at": _text(erasure.resume_at),
        "done_at": _text(erasure.done_at),
        "removed": dict(erasure.removed),
        "finished": {name: format_instant(at) for name, at in erasure.finished.items()},
    }


def _text(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
