"""Carries out a change between the first and the last line of its audit trail, and tells of looks
that hand out a secret or a file of people."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from functions.manage_workspace.minding import Minded
from functions.manage_workspace.ports import Call, Ports
from shared.aws.audit_store import Recording
from shared.domain.access.needs import DISCLOSES, hands_out
from shared.domain.access.trail import (
    PERSONAL,
    Asked,
    AuditOutcome,
    Facts,
    answered_facts,
    kept_names,
    sent_facts,
)
from shared.errors import ConflictError, InvalidInputError
from shared.runtime.observability import logger

log = logger("manage_workspace")


def recorded(
    ports: Ports, operation: str, call: Call, carry_out: Callable[[Ports], Mapping[str, Any]]
) -> Mapping[str, Any]:
    """The answer of `carry_out`; nothing is begun whose first line cannot be stored."""
    recording = ports.trail.begin(ports.workspace_id, _asked(ports, operation, call))
    try:
        answer = carry_out(replace(ports, witness=Minded(ports, recording)))
    except Exception as error:
        _end(recording, _outcome(error), getattr(error, "code", "internal"))
        raise
    _end(recording, "done", answered=answered_facts(answer))
    return answer


def disclosed(
    ports: Ports, operation: str, call: Call, answer: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The answer of a look; no secret and no file of people goes out without a stored line."""
    if operation in DISCLOSES and hands_out(answer):
        recording = ports.trail.begin(ports.workspace_id, _asked(ports, operation, call))
        _end(recording, "done", answered=answered_facts(answer))
    return answer


def _asked(ports: Ports, operation: str, call: Call) -> Asked:
    named = [call.path[name] for name in sorted(PERSONAL & call.path.keys())]
    return Asked(
        audit_id=ports.new_id(),
        at=ports.now(),
        operator=ports.operator,
        operation=operation,
        names=kept_names(call.path),
        subject=ports.trail.subject(ports.workspace_id, *named) if named else "",
        sent=sent_facts(call.body),
    )


def _outcome(error: Exception) -> AuditOutcome:
    match error:
        case InvalidInputError() | ConflictError():
            return "refused"
        case _:
            return "failed"


def _end(
    recording: Recording, outcome: AuditOutcome, code: str = "", answered: Facts | None = None
) -> None:
    """Store the last line. Without it the first one still tells of the change, as unknown."""
    try:
        recording.end(outcome, code, answered)
    except Exception as error:  # the change has been made: it is answered as it is
        log.error("audit line lost", extra={"error": type(error).__name__})
