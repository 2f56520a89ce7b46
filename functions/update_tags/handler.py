"""Stream trigger of update_tags: takes in a batch, and raises when any of its people failed."""

import os
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.update_tags.batch import update_people
from functions.update_tags.plan import Plans
from functions.update_tags.ports import Ports
from functions.update_tags.settings import Settings
from shared.aws.bus import EventBus
from shared.aws.catalog import CatalogReader
from shared.aws.group_store import GroupStore
from shared.aws.membership_moves import MembershipMoves
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.session import client
from shared.aws.state_store import StateStore
from shared.aws.trait_history import TraitHistory
from shared.errors import TransientError
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

_log = logger("update_tags")
_metrics = metrics("update_tags")


@cache
def _wiring() -> tuple[Plans, Ports]:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    ports = Ports(
        PersonReader(dynamodb, settings.profiles_table),
        StateStore(dynamodb, settings.profiles_table),
        MembershipStore(dynamodb, settings.profiles_table),
        MembershipMoves(dynamodb, settings.profiles_table),
        GroupStore(dynamodb, settings.profiles_table),
        TraitHistory(dynamodb, settings.profiles_table),
        EventBus(client("events"), settings.bus_name),
    )
    return Plans(CatalogReader(dynamodb, settings.catalog_table)), ports


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> None:  # noqa: ARG001
    """Take in a batch of the stream; raises TransientError when it must come again."""
    outcome = update_people(event["Records"], *_wiring(), _now, _log)
    for name, times in Counter(fact.name for fact in outcome.facts).items():
        count(_metrics, f"{name}Published", times)
    count(_metrics, "PeopleFailed", outcome.failed)
    flush(_metrics)
    if outcome.failed:
        raise TransientError(f"{outcome.failed} of {outcome.people} people in the batch failed")


def _now() -> datetime:
    """The instant in whole milliseconds, as rows keep it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
