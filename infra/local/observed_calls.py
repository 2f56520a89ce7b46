"""Notes which call of which role the policies allowed, and by which of their statements.

A test compares the notes with the statements of all roles: one by which nothing was ever allowed,
or nothing that another one would not have allowed too, is one to take away.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from infra.local import row_permissions

NOTES: Final = "observed-calls.jsonl"


def observe(permissions: ModuleType, folder: Path) -> None:
    """Note each decision about a role from now on, each (role, action, resource, rows) once."""
    judge: Callable[..., Any] = permissions.evaluate
    judge_resource: Callable[..., Any] = permissions.evaluate_resource_policy
    seen: set[tuple[str, ...]] = set()
    lock, notes = threading.Lock(), folder / NOTES
    of_resource: ContextVar[bool] = ContextVar("of_resource", default=False)

    @wraps(judge)
    def judge_and_note(context: Any, policies: Any, *limits: Any) -> Any:
        result = judge(context, policies, *limits)
        role = role_of(context.principal_arn)
        if not role or of_resource.get():
            return result
        call = role, context.action, context.resource_arn, result.decision
        of_rows = context.action.startswith("dynamodb:")
        kinds = sorted({kind_of(key) for key in row_permissions.asked()}) if of_rows else []
        if (*call, *kinds) not in seen:
            by = list(_allowing(permissions, context, policies))
            line = dict(zip(("role", "action", "resource", "decision"), call, strict=True))
            with lock, notes.open("a") as file:
                seen.add((*call, *kinds))
                file.write(json.dumps({**line, "rows": kinds, "by": by}) + "\n")
        return result

    @wraps(judge_resource)
    def judge_resource_unnoted(*args: Any, **kwargs: Any) -> Any:
        """What a resource's own policy says of a role is no statement of the role's."""
        token = of_resource.set(True)
        try:
            return judge_resource(*args, **kwargs)
        finally:
            of_resource.reset(token)

    permissions.__dict__["evaluate"] = judge_and_note
    permissions.__dict__["evaluate_resource_policy"] = judge_resource_unnoted


def kind_of(partition: str) -> str:
    """Of whom and what a row is, by its partition key, without saying which one."""
    return "#".join(partition.split("#")[:2]) if not partition.startswith("KEY#") else "KEY"


def role_of(principal_arn: str) -> str:
    """The name of the role by which somebody calls; empty for whoever calls by none."""
    _, is_role, rest = principal_arn.partition(":assumed-role/")
    return rest.split("/")[0] if is_role else ""


def statement_id(actions: Any, resources: Any, conditions: Any) -> str:
    """A statement as one text, the same however a policy has ordered it."""
    return json.dumps([_sorted(actions), _sorted(resources), conditions or {}], sort_keys=True)


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """What was noted: role, action, resource, decision, and `rows`, and `by`, which allow it."""
    notes = folder / NOTES
    if notes.exists():
        yield from map(json.loads, notes.read_text().splitlines())


def _allowing(permissions: ModuleType, context: Any, policies: Any) -> Iterator[str]:
    for one in (one for policy in policies for one in policy):
        if permissions._first_match(context, [one], "Allow"):
            yield statement_id(one.actions, one.resources, one.conditions)


def _sorted(texts: str | list[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else sorted(texts)
