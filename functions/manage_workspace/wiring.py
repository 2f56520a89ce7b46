"""What the function is put together from, once for each warm copy of it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from functions.manage_workspace.ports import Ports
from functions.manage_workspace.settings import Settings
from shared.aws.admin_key import AdminKey
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.figures import FiguresReader
from shared.aws.identity_secret import IdentitySecret
from shared.aws.people import People
from shared.aws.session import client
from shared.aws.user_hashes import UserHashes
from shared.aws.write_key_desk import WriteKeyDesk
from shared.domain.journeys.definition import Journey
from shared.domain.workspace.model import DEFAULT_WORKSPACE, WorkspaceSettings
from shared.runtime.settings import load


@dataclass(frozen=True, slots=True)
class Wiring:
    """The key that opens the API, and what its routes work with."""

    admin_key: AdminKey
    ports: Ports


def wire(environ: Mapping[str, str]) -> Wiring:
    """Put everything together; raises KeyError when the environment lacks something."""
    settings = load(Settings, environ)
    dynamodb = client("dynamodb")
    secret = IdentitySecret(partial(client, "secretsmanager"), settings.identity_secret_arn)
    ports = Ports(
        workspace_id=DEFAULT_WORKSPACE,
        catalog=CatalogWriter(dynamodb, settings.catalog_table, _now),
        published=CatalogReader(dynamodb, settings.catalog_table),
        write_keys=WriteKeyDesk(dynamodb, settings.catalog_table),
        people=People(dynamodb, settings.profiles_table),
        figures=FiguresReader(dynamodb, settings.profiles_table),
        user_hashes=UserHashes(secret),
        publish_machine=partial(_publish_machine, settings),
        now=_now,
        new_secret=partial(secrets.token_urlsafe, 32),
    )
    return Wiring(AdminKey(client("secretsmanager"), settings.admin_key_secret_arn), ports)


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
