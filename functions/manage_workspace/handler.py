"""The HTTP API of operators: checks the admin key and answers `/v1/admin/…`."""

import os
import secrets
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from functions.manage_workspace.ports import Ports
from functions.manage_workspace.settings import Settings
from functions.manage_workspace.usecase import MethodNotAllowedError, find, respond
from shared.aws.admin_key import AdminKey
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.faults import faults_are_transient
from shared.aws.figures import FiguresReader
from shared.aws.people import People
from shared.aws.session import client
from shared.aws.write_key_desk import WriteKeyDesk
from shared.domain.journeys.definition import Journey
from shared.domain.workspace.model import DEFAULT_WORKSPACE, WorkspaceSettings
from shared.errors import UnauthorizedError
from shared.runtime import http
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("manage_workspace")


@cache
def _wiring() -> tuple[AdminKey, Ports]:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    ports = Ports(
        workspace_id=DEFAULT_WORKSPACE,
        catalog=CatalogWriter(dynamodb, settings.catalog_table, _now),
        published=CatalogReader(dynamodb, settings.catalog_table),
        write_keys=WriteKeyDesk(dynamodb, settings.catalog_table),
        people=People(dynamodb, settings.profiles_table),
        figures=FiguresReader(dynamodb, settings.profiles_table),
        publish_machine=partial(_publish_machine, settings),
        now=_now,
        new_secret=lambda: secrets.token_urlsafe(32),
    )
    return AdminKey(client("secretsmanager"), settings.admin_key_secret_arn), ports


def handle(event: dict[str, Any], context: object) -> http.Response:  # noqa: ARG001
    """Answer one request of an operator."""
    return http.answer(event, _respond, log)


def _respond(request: http.Request) -> http.Response:
    admin_key, ports = _wiring()
    with faults_are_transient():
        _authorize(admin_key, request.headers.get("authorization", ""))
        try:
            operation, variables = find(request.method, request.path)
        except MethodNotAllowedError as error:
            return http.method_not_allowed(request.method, *error.allowed)
        answer = respond(ports, operation, variables, request.query, request.body)
    return http.json_response(200, answer)


def _authorize(admin_key: AdminKey, authorization: str) -> None:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not admin_key.fits(key.strip()):
        raise UnauthorizedError(
            "this needs the admin key",
            hint="send `Authorization: Bearer <key>`; the key is the secret that the stack's "
            "output AdminKeySecretArn names; a write key is never accepted",
        )


def _publish_machine(
    settings: Settings, journey: Journey, version: int, workspace: WorkspaceSettings
) -> str:
    # The compiler is needed here and nowhere else in this function.
    from shared.aws.executions import publish_machine

    return publish_machine(
        client("stepfunctions"),
        workspace_id=DEFAULT_WORKSPACE,
        journey=journey,
        version=version,
        settings=workspace,
        role_arn=settings.journey_role_arn,
        run_step_arn=settings.run_step_arn,
    )


def _now() -> datetime:
    return datetime.now(UTC)
