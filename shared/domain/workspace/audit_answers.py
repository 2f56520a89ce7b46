"""What the admin API answers about the audit trail."""

from typing import Any, Literal

from typing_extensions import TypedDict

from shared.domain.access.roles import Role
from shared.domain.access.trail import AuditOutcome


class AuditChange(TypedDict):
    """One thing that was changed; `before` is null for what is new, `after` for what is gone.

    `what` is its kind and id, such as SEGMENT#buyers. A definition is told by version and status,
    with `text` when it was asked for; settings and rules of identity by their whole `text`.
    """

    what: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditLine(TypedDict):
    """Who asked for a change, what was before and after, and what came of it.

    `about` is a keyed digest of the profile or address that it is about: it names nobody, and
    whoever knows the profile finds what was done about it. `names` are ids of definitions and
    the like from the path; `sent` and `answered` hold ids, choices and counts, and nothing of
    customers.
    `outcome` is unknown when the function ended before it could say.
    """

    audit_id: str
    at: str
    operator_id: str
    operator: str
    role: Role
    operation: str
    names: dict[str, str]
    about: str | None
    sent: dict[str, str | int | bool]
    outcome: AuditOutcome
    code: str | None
    answered: dict[str, str | int | bool]
    changes: list[AuditChange]


class AuditList(TypedDict):
    """A page of the audit trail, the newest first."""

    success: Literal[True]
    lines: list[AuditLine]
    cursor: str | None
