"""Who changed what: the audit trail, page by page."""

from typing import Any, Final, get_args

from functions.manage_workspace.parsing import short_enough, whole_number
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog import Kind
from shared.domain.access.trail import Change, Facts, Line
from shared.domain.instants import format_instant
from shared.domain.workspace import audit_answers as answers
from shared.errors import InvalidInputError

MAX_LIMIT: Final = 100
DEFAULT_LIMIT: Final = "50"
_KINDS: Final = frozenset(get_args(Kind))


def list_audit(ports: Ports, call: Call) -> answers.AuditList:
    """The latest changes, or those about one profile."""
    limit = whole_number(call.query.get("limit", DEFAULT_LIMIT), "limit", MAX_LIMIT)
    cursor, profile_id = call.query.get("cursor"), call.query.get("profile_id")
    for name, value in (("cursor", cursor), ("profile_id", profile_id)):
        if value is not None:
            short_enough(value, name)
    texts = call.query.get("texts", "no")
    if texts not in ("yes", "no"):
        raise InvalidInputError("either yes or no", where="texts")
    subject = ports.trail.subject(ports.workspace_id, profile_id) if profile_id else ""
    lines, following = ports.trail.page(ports.workspace_id, limit, cursor, subject)
    told = [_line(ports, line, texts=texts == "yes") for line in lines]
    return {"success": True, "lines": told, "cursor": following}


def _line(ports: Ports, line: Line, *, texts: bool) -> answers.AuditLine:
    asked = line.asked
    return {
        "audit_id": asked.audit_id,
        "at": format_instant(asked.at),
        "operator_id": asked.operator.operator_id,
        "operator": asked.operator.name,
        "role": asked.operator.role,
        "operation": asked.operation,
        "names": dict(asked.names),
        "about": asked.subject or None,
        "sent": dict(asked.sent),
        "outcome": line.outcome,
        "code": line.code or None,
        "answered": dict(line.answered),
        "changes": [_change(ports, change, texts=texts) for change in line.changes],
    }


def _change(ports: Ports, change: Change, *, texts: bool) -> answers.AuditChange:
    return {
        "what": change.what,
        "before": _facts(ports, change.what, change.before, texts=texts),
        "after": _facts(ports, change.what, change.after, texts=texts),
    }


def _facts(ports: Ports, what: str, facts: Facts | None, *, texts: bool) -> dict[str, Any] | None:
    if facts is None:
        return None
    kind, _, definition_id = what.partition("#")
    version = facts.get("version")
    if not texts or kind not in _KINDS or not isinstance(version, int):
        return dict(facts)
    return {
        **facts,
        "text": ports.catalog.text_of(ports.workspace_id, kind, definition_id, version),
    }
