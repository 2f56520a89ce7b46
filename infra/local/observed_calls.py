"""Notes which call of which role the policies allowed, and by which of their statements.

A test compares the notes with the statements of all roles: one by which nothing was ever allowed,
or nothing that another one would not have allowed too, is one to take away.
"""

import json
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Final

NOTES: Final = "observed-calls.jsonl"


def observe(permissions: ModuleType, folder: Path) -> None:
    """Note each decision about a role from now on, each (role, action, resource) once."""
    judge: Callable[..., Any] = permissions.evaluate
    seen: set[tuple[str, str, str, str]] = set()
    lock, notes = threading.Lock(), folder / NOTES

    @wraps(judge)
    def judge_and_note(context: Any, policies: Any, *limits: Any) -> Any:
        result = judge(context, policies, *limits)
        role = role_of(context.principal_arn)
        call = role, context.action, context.resource_arn, result.decision
        if role and call not in seen:
            by = list(_allowing(permissions, context, policies))
            line = dict(zip(("role", "action", "resource", "decision"), call, strict=True))
            with lock, notes.open("a") as file:
                seen.add(call)
                file.write(json.dumps({**line, "by": by}) + "\n")
        return result

    permissions.__dict__["evaluate"] = judge_and_note


def role_of(principal_arn: str) -> str:
    """The name of the role by which somebody calls; empty for whoever calls by none."""
    _, is_role, rest = principal_arn.partition(":assumed-role/")
    return rest.split("/")[0] if is_role else ""


def statement_id(actions: Any, resources: Any, conditions: Any) -> str:
    """A statement as one text, the same however a policy has ordered it."""
    return json.dumps([_sorted(actions), _sorted(resources), conditions or {}], sort_keys=True)


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """What was noted: role, action, resource, decision, and `by`, the statements that allow it."""
    notes = folder / NOTES
    if notes.exists():
        yield from map(json.loads, notes.read_text().splitlines())


def _allowing(permissions: ModuleType, context: Any, policies: Any) -> Iterator[str]:
    for one in (one for policy in policies for one in policy):
        if permissions._first_match(context, [one], "Allow"):
            yield statement_id(one.actions, one.resources, one.conditions)


def _sorted(texts: str | list[str]) -> list[str]:
    return [texts] if isinstance(texts, str) else sorted(texts)
