"""Puts together what hands messages over."""

import json
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from functions.dispatch_message.following import Following
from functions.dispatch_message.forgetting import Forgetting
from functions.dispatch_message.handing import Handing
from functions.dispatch_message.settings import Settings
from shared.aws.access_tokens import AccessTokens, Fetch
from shared.aws.catalog import CatalogReader
from shared.aws.feedback_store import FeedbackStore
from shared.aws.inbox_store import InboxStore
from shared.aws.mailer import Mailer
from shared.aws.person_reader import PersonReader
from shared.aws.provider_secrets import ProviderSecrets
from shared.aws.queues import EventQueue, Queue
from shared.aws.session import client, client_without_retries
from shared.aws.throughput import Throughput
from shared.providers.senders import Outside, Senders


def senders_of(settings: Settings, now: Callable[[], datetime]) -> Senders:
    """Who calls providers in a function with these settings."""
    dynamodb, table = client("dynamodb"), settings.profiles_table

    def tokens(workspace_id: str, account: str, fetch: Fetch) -> AccessTokens:
        return AccessTokens(dynamodb, table, workspace_id, account, fetch, now=now)

    outside = Outside(
        bases=json.loads(settings.provider_bases),
        client=client_without_retries,
        secrets=ProviderSecrets(lambda: client("secretsmanager"), now),
        tokens=tokens,
        now=now,
        nonce=lambda: uuid4().hex,
    )
    return Senders(outside)


def following_of(
    settings: Settings, catalog: CatalogReader, senders: Senders, now: Callable[[], datetime]
) -> Following:
    """What looks after tasks in a function with these settings."""
    sqs = client("sqs")
    return Following(
        catalog,
        senders,
        FeedbackStore(client("dynamodb"), settings.profiles_table),
        Queue(sqs, settings.messages_queue_url),
        Queue(sqs, settings.feedback_queue_url),
        now,
    )


def handing_of(settings: Settings, catalog: CatalogReader, now: Callable[[], datetime]) -> Handing:
    """What hands messages over in a function with these settings."""
    dynamodb, table, senders = (
        client("dynamodb"),
        settings.profiles_table,
        senders_of(settings, now),
    )
    events = EventQueue(client("sqs"), settings.events_queue_url)
    return Handing(
        catalog,
        Mailer(client_without_retries("sesv2"), settings.configuration_set, settings.ses_tenant),
        InboxStore(dynamodb, table),
        senders,
        Throughput(dynamodb, table, now=now),
        Forgetting(PersonReader(dynamodb, table), events, now),
        following_of(settings, catalog, senders, now),
        now,
    )
