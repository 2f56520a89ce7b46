"""From a request to an answer: finds the operation, reads its body, and repeats lost races."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote

from functions.manage_workspace import (
    routes_access,
    routes_audiences,
    routes_audit,
    routes_backtests,
    routes_broadcasts,
    routes_consents,
    routes_definitions,
    routes_destinations,
    routes_figures,
    routes_groups,
    routes_identity,
    routes_imports,
    routes_journeys,
    routes_lake,
    routes_lists,
    routes_moves,
    routes_past,
    routes_people,
    routes_privacy,
    routes_profiles,
    routes_providers,
    routes_replays,
    routes_settings,
    routes_tag_values,
    routes_tags,
    routes_tasks,
    routes_templates,
)
from functions.manage_workspace.parsing import Json, read_json, short_enough
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.recording import disclosed, recorded
from shared.domain.access.needs import changes, needed_for
from shared.domain.access.operators import Operator
from shared.domain.access.roles import may
from shared.domain.workspace.api import OPERATIONS
from shared.domain.workspace.operation import PREFIX, Operation
from shared.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError

Route = Callable[[Ports, Call], Any]

# Somebody else's change in between makes a route begin again with what is there now.
TRIES: Final = 8

_NOUNS: Final = (
    routes_access,
    routes_audiences,
    routes_audit,
    routes_broadcasts,
    routes_backtests,
    routes_consents,
    routes_definitions,
    routes_figures,
    routes_groups,
    routes_imports,
    routes_identity,
    routes_journeys,
    routes_lake,
    routes_lists,
    routes_moves,
    routes_past,
    routes_people,
    routes_privacy,
    routes_profiles,
    routes_destinations,
    routes_providers,
    routes_replays,
    routes_settings,
    routes_tag_values,
    routes_tags,
    routes_tasks,
    routes_templates,
)
# Every operation is carried out by the function of its name.
ROUTES: Final[Mapping[str, Route]] = {
    operation.name: getattr(noun, operation.name)
    for operation in OPERATIONS
    for noun in _NOUNS
    if hasattr(noun, operation.name)
}


class MethodNotAllowedError(InvalidInputError):
    """The path exists and the method does not."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__("the method does not work here")
        self.allowed = allowed


def find(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation of a request and the variable parts of its path.

    Raises NotFoundError for an unknown path, MethodNotAllowedError for a known one.
    """
    matches = [
        (operation, variables)
        for operation in OPERATIONS
        if (variables := _variables(PREFIX + operation.path, path)) is not None
    ]
    for operation, variables in matches:
        if operation.method == method:
            return operation, variables
    if matches:
        raise MethodNotAllowedError(tuple(operation.method for operation, _ in matches))
    raise NotFoundError("there is nothing at this path", hint="docs/openapi/admin.json lists all")


def respond(
    ports: Ports,
    operator: Operator,
    operation: Operation,
    variables: Mapping[str, str],
    query: Mapping[str, str],
    body: bytes,
) -> Mapping[str, Any]:
    """Carry out one operation for somebody; raises RapportError.

    What changes something is written down before it is done, and what came of it after; what hands
    out a secret or a file of people, before it is answered.
    """
    _allow(operator, operation)
    for name, value in variables.items():
        short_enough(value, name)
    call = Call(variables, query, _body(operation, body))
    ports = replace(ports, operator=operator)
    if changes(operation.name, operation.method):
        return recorded(ports, operation.name, call, lambda own: _persist(own, operation, call))
    return disclosed(ports, operation.name, call, _persist(ports, operation, call))


def _allow(operator: Operator, operation: Operation) -> None:
    needed = needed_for(operation.name)
    if not may(operator.role, needed):
        raise ForbiddenError(
            f"{operation.name} needs the role {needed}; you have the role {operator.role}",
            hint="an admin gives roles by groups of the user pool: docs/access.md",
        )


def _persist(ports: Ports, operation: Operation, call: Call) -> Mapping[str, Any]:
    for _ in range(TRIES - 1):
        try:
            return _carry_out(ports, operation, call)
        except ConflictError:
            continue
    return _carry_out(ports, operation, call)


def _carry_out(ports: Ports, operation: Operation, call: Call) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = ROUTES[operation.name](ports, call)
    return answer


def _body(operation: Operation, body: bytes) -> Json:
    if operation.body is None:
        return None  # whatever a client sends along is not looked at
    if not body.strip():
        if operation.body_required:
            raise InvalidInputError("the request needs a JSON body")
        return {}
    return read_json(body)


def _variables(pattern: str, path: str) -> dict[str, str] | None:
    parts = path.split("/")
    names = pattern.split("/")
    if names[-1].endswith("+}"):
        parts[len(names) - 1 :] = ["/".join(parts[len(names) - 1 :])]
    if len(parts) != len(names):
        return None
    variables: dict[str, str] = {}
    for name, part in zip(names, parts, strict=True):
        if name.startswith("{"):
            variables[name.strip("{+}")] = unquote(part)
        elif name != part:
            return None
    return variables if all(variables.values()) else None
