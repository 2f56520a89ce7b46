"""The HTTP API of operators: `/v1/admin/…` with the admin key, `/v1/operator/…` with a token."""

import os
from functools import cache
from typing import Any

from functions.manage_workspace.admitting import admin_path, who
from functions.manage_workspace.usecase import MethodNotAllowedError, find, respond
from functions.manage_workspace.wiring import Wiring, wire
from shared.aws.faults import faults_are_transient
from shared.runtime import http
from shared.runtime.observability import logger

log = logger("manage_workspace")


@cache
def wiring() -> Wiring:
    """Made when the first request comes, so that a missing permission is answered, not a crash."""
    return wire(os.environ)


def handle(event: dict[str, Any], context: object) -> http.Response:  # noqa: ARG001
    """Answer one request of an operator."""
    return http.answer(event, _respond, log)


def _respond(request: http.Request) -> http.Response:
    with faults_are_transient():
        operator = who(wiring(), request)
        try:
            operation, variables = find(request.method, admin_path(request.path))
        except MethodNotAllowedError as error:
            return http.method_not_allowed(request.method, *error.allowed)
        answer = respond(
            wiring().ports, operator, operation, variables, request.query, request.body
        )
    return http.json_response(200, answer)
