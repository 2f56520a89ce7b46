"""Imports: what a file is to become, where to put it, and how far it is."""

from dataclasses import replace
from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.paging import page_of
from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.aws.import_store_files import FileFacts, rejected_key, upload_key
from shared.domain.imports.progress import OPEN, Import
from shared.domain.instants import format_instant
from shared.domain.workspace import import_answers as answers
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import ConflictError, InvalidInputError, NotFoundError

_NEW_IMPORT: Final[TypeAdapter[answers.NewImport]] = TypeAdapter(answers.NewImport)
_REJECTED: Final = "rejected/"
LONGEST_KEY_BYTES: Final = 1_024  # of S3


def create_import(ports: Ports, call: Call) -> answers.ImportChanged:
    """Make an import; the same one again is answered as it stands."""
    wanted = parse(_NEW_IMPORT, call.body)
    job = _new(ports, wanted)
    known = ports.importing.jobs.find(ports.workspace_id, job.import_id)
    if known:
        _require_same(known, job)
        return _changed(ports, "unchanged", known)
    if wanted.file_key:
        job = _with_file(job, _facts(ports, job))
    if not ports.importing.jobs.add(job):
        raise ConflictError("somebody else makes this import")
    if job.status == "queued":
        _ask(ports, job)
    return _changed(ports, "created", job)


def start_import(ports: Ports, call: Call) -> answers.ImportChanged:
    """Start an import, or let it go on; one that is on its way gets another push."""
    job = _find(ports, call)
    if job.status == "completed":
        return _changed(ports, "unchanged", job)
    if job.status in OPEN:
        _ask(ports, job)
        return _changed(ports, "unchanged", job)
    facts = _facts(ports, job)
    if job.offset and facts.tag != job.file_tag:
        raise InvalidInputError(
            "this is not the file that was imported in part", hint="make a new import of it"
        )
    started = ports.importing.jobs.move(job, _with_file(job, facts), ports.now())
    _ask(ports, started)
    return _changed(ports, "updated", started)


def list_imports(ports: Ports, call: Call) -> answers.ImportList:
    """A page of all imports; without their files, which hold people."""
    found, cursor = ports.importing.jobs.page(ports.workspace_id, *page_of(call))
    return {"success": True, "imports": [_state(job) for job in found], "cursor": cursor}


def get_import(ports: Ports, call: Call) -> answers.ImportAnswer:
    """One import."""
    return {"success": True, "imported": _with_rejected(ports, _find(ports, call))}


def _new(ports: Ports, wanted: answers.NewImport) -> Import:
    import_id = wanted.import_id or ports.new_id()
    key = wanted.file_key or upload_key(ports.workspace_id, import_id, wanted.file_name)
    if key.startswith(_REJECTED):
        raise InvalidInputError("rejected rows are no file to import", where="file_key")
    if len(key.encode()) > LONGEST_KEY_BYTES:
        raise InvalidInputError(f"at most {LONGEST_KEY_BYTES} bytes", where="file_key")
    settings = ports.edit().settings() or WorkspaceSettings()
    now = ports.now()
    return Import(
        workspace_id=ports.workspace_id,
        import_id=import_id,
        definition=wanted.definition,
        file_key=key,
        file_name=wanted.file_name,
        timezone=settings.timezone,
        created_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
        updated_at=now,
        dry_run=wanted.dry_run,
    )


def _require_same(known: Import, job: Import) -> None:
    if (known.definition, known.dry_run) != (job.definition, job.dry_run):
        raise InvalidInputError(
            "there is another import of this id", where="import_id", hint="choose another id"
        )


def _with_file(job: Import, facts: FileFacts) -> Import:
    return replace(job, status="queued", size=facts.size, file_tag=facts.tag, reason="")


def _facts(ports: Ports, job: Import) -> FileFacts:
    facts = ports.importing.files.facts(job.file_key)
    if facts is None:
        raise NotFoundError(
            f"there is no file {job.file_key!r} in the bucket of imports",
            where="file_key",
            hint=f"put it there: aws s3 cp <file> s3://{ports.importing.files.bucket}/…",
        )
    return facts


def _find(ports: Ports, call: Call) -> Import:
    import_id = call.path["import_id"]
    job = ports.importing.jobs.find(ports.workspace_id, import_id)
    if job is None:
        raise NotFoundError(f"there is no import {import_id!r}")
    return job


def _ask(ports: Ports, job: Import) -> None:
    ports.importing.queue.send_json({"workspace_id": job.workspace_id, "import_id": job.import_id})


def _changed(ports: Ports, outcome: Outcome, job: Import) -> answers.ImportChanged:
    waiting = job.status == "awaiting_file"
    return {
        "success": True,
        "outcome": outcome,
        "imported": _with_rejected(ports, job),
        "upload_url": ports.importing.files.upload_link(job.file_key) if waiting else None,
    }


def _with_rejected(ports: Ports, job: Import) -> answers.ImportState:
    state = _state(job)
    if job.status in ("completed", "failed") and job.rejected:
        rejected = rejected_key(job.workspace_id, job.import_id)
        state["rejected_url"] = ports.importing.files.download_link(rejected)
    return state


def _state(job: Import) -> answers.ImportState:
    return {
        "import_id": job.import_id,
        "status": job.status,
        "kind": job.definition.kind,
        "file_name": job.file_name,
        "dry_run": job.dry_run,
        "created_at": format_instant(job.created_at),
        "updated_at": format_instant(job.updated_at),
        "rows": job.rows,
        "rejected": job.rejected,
        "size": job.size,
        "read": job.read,
        "reason": job.reason,
        "rejected_url": None,
    }
