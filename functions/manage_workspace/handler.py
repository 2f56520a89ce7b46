"""The HTTP API of operators: checks the admin key and answers `/v1/admin/…`."""

import os
from functools import cache
from typing import Any

from functions.manage_workspace.usecase import MethodNotAllowedError, find, respond
from functions.manage_workspace.wiring import Wiring, wire
from shared.aws.admin_key import AdminKey
from shared.aws.faults import faults_are_transient
from shared.errors import UnauthorizedError
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
        _authorize(wiring().admin_key, request.headers.get("authorization", ""))
        try:
            operation, variables = find(request.method, request.path)
        except MethodNotAllowedError as error:
            return http.method_not_allowed(request.method, *error.allowed)
        answer = respond(wiring().ports, operation, variables, request.query, request.body)
    return http.json_response(200, answer)


def _authorize(admin_key: AdminKey, authorization: str) -> None:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not admin_key.fits(key.strip()):
        raise UnauthorizedError(
            "this needs the admin key",
            hint="send `Authorization: Bearer <key>`; the key is the secret that the stack's "
            "output AdminKeySecretArn names; a write key is never accepted",
        )
