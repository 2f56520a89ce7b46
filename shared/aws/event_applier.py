"""Puts together what applies events to people, over one pair of tables."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from shared.aws import session
from shared.aws.catalog import CatalogReader
from shared.aws.consent_moves import ConsentMoves
from shared.aws.consent_store import ConsentStore
from shared.aws.contact_store import ContactStore
from shared.aws.identity_secret import IdentitySecret
from shared.aws.identity_store import IdentityStore
from shared.aws.profile_store import ProfileStore
from shared.aws.suppressions import Suppressions
from shared.aws.tombstones import Tombstones
from shared.aws.user_hashes import UserHashes
from shared.domain.identity.applying import ApplyEvents, Ports
from shared.domain.identity.ports import ReportPort


def event_applier(
    *, profiles_table: str, catalog_table: str, identity_secret_arn: str, report: ReportPort
) -> ApplyEvents:
    """Over the clients of this function; profiles get random ids."""
    return ApplyEvents(
        make_ports(
            session.client("dynamodb"),
            partial(session.client, "secretsmanager"),
            profiles_table=profiles_table,
            catalog_table=catalog_table,
            identity_secret_arn=identity_secret_arn,
            report=report,
            new_id=lambda: uuid4().hex,
        )
    )


def make_ports(
    client: Any,
    secrets: Callable[[], Any],
    *,
    profiles_table: str,
    catalog_table: str,
    identity_secret_arn: str,
    report: ReportPort,
    new_id: Callable[[], str],
    pause: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Ports:
    """`client` is a low-level DynamoDB client, `secrets` gives one of Secrets Manager when asked.

    `pause` waits for some seconds before a busy item is tried again.
    """
    secret = IdentitySecret(secrets, identity_secret_arn)
    suppressions = Suppressions(client, profiles_table, secret)
    moves = ConsentMoves(client, profiles_table, now=now)
    return Ports(
        identity=IdentityStore(client, profiles_table, moves, now=now, pause=pause),
        strands=ProfileStore(client, profiles_table),
        consents=ConsentStore(client, profiles_table, suppressions, pause, now),
        windows=ContactStore(client, profiles_table),
        tombstones=Tombstones(client, catalog_table, secret),
        catalog=CatalogReader(client, catalog_table),
        user_hashes=UserHashes(secret),
        report=report,
        new_id=new_id,
    )
