"""What the function is put together from, once for each warm copy of it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from functions.manage_workspace.audiences import AudienceDesk
from functions.manage_workspace.backtesting import BacktestDesk
from functions.manage_workspace.broadcasting import Broadcasting
from functions.manage_workspace.identity import IdentityDesk
from functions.manage_workspace.importing import Importing
from functions.manage_workspace.moving import MoveDesk
from functions.manage_workspace.ports import Ports
from functions.manage_workspace.privacy import Privacy
from functions.manage_workspace.recovering import Recovering
from functions.manage_workspace.settings import Settings
from shared.aws.admin_key import AdminKey
from shared.aws.archives import Archives
from shared.aws.athena import Athena
from shared.aws.audience_store import AudienceStore
from shared.aws.audit_store import AuditTrail
from shared.aws.build_store import BuildStore
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.consent_moves import ConsentMoves
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.erasure_store import ErasureStore
from shared.aws.export_store import ExportStore
from shared.aws.figures import FiguresReader
from shared.aws.group_store import GroupStore
from shared.aws.identity_judge import identity_judge
from shared.aws.identity_secret import IdentitySecret
from shared.aws.identity_store import IdentityStore
from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles
from shared.aws.move_machine import MoveMachine
from shared.aws.move_store import MoveStore
from shared.aws.people import People
from shared.aws.person_reader import PersonReader
from shared.aws.queues import EventQueue, Queue
from shared.aws.replay_store import ReplayStore
from shared.aws.review_store import ReviewStore
from shared.aws.session import client, patient_client_without_retries
from shared.aws.suppressions import Suppressions
from shared.aws.tag_store import TagStore
from shared.aws.task_store import TaskStore
from shared.aws.user_hashes import UserHashes
from shared.aws.write_key_desk import WriteKeyDesk
from shared.domain.journeys.definition import Journey
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from shared.runtime.settings import load

# The gateway gives up after 30 seconds.
QUESTION_SECONDS: Final = 24.0


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
    suppressions = Suppressions(dynamodb, settings.profiles_table, secret)
    ports = Ports(
        workspace_id=DEFAULT_WORKSPACE,
        trail=AuditTrail(dynamodb, settings.catalog_table, secret),
        catalog=CatalogWriter(dynamodb, settings.catalog_table, _now),
        published=CatalogReader(dynamodb, settings.catalog_table),
        write_keys=WriteKeyDesk(dynamodb, settings.catalog_table),
        people=People(dynamodb, settings.profiles_table),
        persons=PersonReader(dynamodb, settings.profiles_table),
        tags=TagStore(dynamodb, settings.profiles_table),
        tasks=TaskStore(dynamodb, settings.profiles_table),
        groups=GroupStore(dynamodb, settings.profiles_table),
        consents=ConsentStore(dynamodb, settings.profiles_table, suppressions),
        consent_reader=ConsentReader(dynamodb, settings.profiles_table),
        suppressions=suppressions,
        figures=FiguresReader(dynamodb, settings.profiles_table),
        user_hashes=UserHashes(secret),
        open_identity=cache(partial(_open_identity, settings)),
        open_privacy=cache(partial(_open_privacy, settings)),
        open_importing=cache(partial(_open_importing, settings)),
        open_lake=cache(partial(_open_lake, settings)),
        open_audiences=cache(partial(_open_audiences, settings)),
        open_backtests=cache(partial(_open_backtests, settings)),
        open_broadcasting=cache(partial(_open_broadcasting, settings)),
        open_events=cache(partial(_open_events, settings)),
        open_moves=cache(partial(_open_moves, settings)),
        open_recovering=cache(partial(_open_recovering, settings)),
        publish_machine=partial(_publish_machine, settings),
        send_test=partial(_send_test, settings),
        now=_now,
        new_secret=partial(secrets.token_urlsafe, 32),
    )
    return Wiring(AdminKey(client("secretsmanager"), settings.admin_key_secret_arn), ports)


def _open_identity(settings: Settings) -> IdentityDesk:
    dynamodb = client("dynamodb")
    store = IdentityStore(
        dynamodb, settings.profiles_table, ConsentMoves(dynamodb, settings.profiles_table)
    )
    return IdentityDesk(
        people=PersonReader(dynamodb, settings.profiles_table),
        store=store,
        judge=identity_judge(
            profiles_table=settings.profiles_table,
            catalog_table=settings.catalog_table,
            identity_secret_arn=settings.identity_secret_arn,
        ),
        reviews=ReviewStore(dynamodb, settings.catalog_table),
        review_queue=Queue(client("sqs"), settings.review_queue_url),
    )


def _open_privacy(settings: Settings) -> Privacy:
    dynamodb, sqs = client("dynamodb"), client("sqs")
    return Privacy(
        people=PersonReader(dynamodb, settings.profiles_table),
        exports=ExportStore(dynamodb, settings.catalog_table),
        archives=Archives(client("s3"), settings.archive_bucket),
        export_queue=Queue(sqs, settings.export_queue_url),
        erasures=ErasureStore(dynamodb, settings.catalog_table),
        erasure_queue=Queue(sqs, settings.erasure_queue_url),
    )


def _open_importing(settings: Settings) -> Importing:
    return Importing(
        jobs=ImportStore(client("dynamodb"), settings.profiles_table),
        files=ImportFiles(client("s3"), settings.imports_bucket),
        queue=Queue(client("sqs"), settings.imports_queue_url),
    )


def _open_recovering(settings: Settings) -> Recovering:
    return Recovering(
        replays=ReplayStore(client("dynamodb"), settings.catalog_table),
        queue=Queue(client("sqs"), settings.replay_queue_url),
    )


def _open_lake(settings: Settings) -> Athena:
    return Athena(client("athena"), settings.lake_workgroup)


def _open_events(settings: Settings) -> EventQueue:
    return EventQueue(client("sqs"), settings.events_queue_url)


def _open_broadcasting(settings: Settings) -> Broadcasting:
    # Few requests are about broadcasts.
    from shared.aws.broadcast_desk import BroadcastDesk
    from shared.aws.broadcast_machine import BroadcastMachine
    from shared.aws.broadcast_parts import BroadcastParts
    from shared.aws.broadcast_store import BroadcastStore

    dynamodb = client("dynamodb")
    store = BroadcastStore(dynamodb, settings.catalog_table)
    parts = BroadcastParts(dynamodb, settings.catalog_table)
    machine = BroadcastMachine(client("stepfunctions"), settings.broadcast_machine_arn)
    return Broadcasting(store, parts, BroadcastDesk(store, parts, machine, _now))


def _open_audiences(settings: Settings) -> AudienceDesk:
    # The translation of conditions and the machines' names are needed by few requests.
    from shared.aws.audience_queries import AudienceQueries
    from shared.aws.build_machine import BuildMachine

    dynamodb = client("dynamodb")
    return AudienceDesk(
        builds=BuildStore(dynamodb, settings.catalog_table),
        machine=BuildMachine(client("stepfunctions"), settings.build_machine_arn),
        queries=AudienceQueries(
            CatalogReader(dynamodb, settings.catalog_table, ttl_seconds=0),
            _open_lake(settings),
            QUESTION_SECONDS,
        ),
        audiences=AudienceStore(dynamodb, settings.catalog_table),
        archives=Archives(client("s3"), settings.archive_bucket),
        queue=Queue(client("sqs"), settings.audience_queue_url),
    )


def _open_backtests(settings: Settings) -> BacktestDesk:
    # What a report is made of is needed by few requests.
    from shared.aws.backtest_store import BacktestStore

    dynamodb, s3 = client("dynamodb"), client("s3")
    return BacktestDesk(
        backtests=BacktestStore(dynamodb, settings.catalog_table, s3, settings.archive_bucket),
        archives=Archives(s3, settings.archive_bucket),
        queue=Queue(client("sqs"), settings.backtest_queue_url),
    )


def _send_test(settings: Settings, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    from shared.aws.calls import call_function

    return call_function(
        patient_client_without_retries("lambda"), settings.dispatch_message_arn, {"test": asked}
    )


def _open_moves(settings: Settings) -> MoveDesk:
    return MoveDesk(
        store=MoveStore(client("dynamodb"), settings.catalog_table),
        machine=MoveMachine(client("stepfunctions"), settings.move_machine_arn),
        publish_moved=partial(_publish_machine, settings, resumes=True),
        delete_machines=partial(_delete_machines, settings),
        now=_now,
    )


def _delete_machines(settings: Settings, journey_id: str) -> None:
    from shared.aws.executions import delete_machines

    delete_machines(client("stepfunctions"), DEFAULT_WORKSPACE, journey_id, settings.run_step_arn)


def _publish_machine(
    settings: Settings,
    journey: Journey,
    version: int,
    *,
    resumes: bool = False,
) -> str:
    # The compiler is needed here and nowhere else in this function.
    from shared.aws.executions import publish_machine

    return publish_machine(
        client("stepfunctions"),
        workspace_id=DEFAULT_WORKSPACE,
        journey=journey,
        version=version,
        role_arn=settings.journey_role_arn,
        run_step_arn=settings.run_step_arn,
        resumes=resumes,
    )


def _now() -> datetime:
    return datetime.now(UTC)
