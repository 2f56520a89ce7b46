"""Reading definitions: settings, segments, templates and journeys, cached while nothing changed.

Every change to a catalog bumps the row `VERSION` in the same transaction, so a warm function asks
for one small row at most once in `ttl_seconds` and reads the definitions only when it moved.
Immutable versions of journeys are cached for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from shared.aws import keys
from shared.aws.catalog_snapshot import Kind as Kind
from shared.aws.catalog_snapshot import PublishedJourney as PublishedJourney
from shared.aws.catalog_snapshot import PublishedLifecycle as PublishedLifecycle
from shared.aws.catalog_snapshot import PublishedSegment as PublishedSegment
from shared.aws.catalog_snapshot import PublishedTag as PublishedTag
from shared.aws.catalog_snapshot import PublishedTemplate as PublishedTemplate
from shared.aws.catalog_snapshot import Row as Row
from shared.aws.catalog_snapshot import Snapshot, template_in
from shared.aws.catalog_snapshot import Status as Status
from shared.aws.items import MAX_GET_KEYS, from_item, get_items, query_items
from shared.domain.instants import parse_instant
from shared.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime

    from shared.domain.channels.providers import AnyProvider
    from shared.domain.identity.rules import IdentityRules
    from shared.domain.journeys.definition import Journey
    from shared.domain.messages.model import AnyTemplate
    from shared.domain.outbound.model import Destination
    from shared.domain.segments.expand import Definitions
    from shared.domain.workspace.model import WorkspaceSettings


REMEMBERED: Final = 1_000  # workspaces

VersionOf = tuple[str, int]
"""A journey by its id, and the number of one of its versions."""


@dataclass(frozen=True, slots=True)
class _Cached:
    checked_at: float
    snapshot: Snapshot


class CatalogReader:
    """What is published in each workspace, at most `ttl_seconds` old."""

    def __init__(
        self,
        client: Any,
        table: str,
        ttl_seconds: float = 5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` is a low-level DynamoDB client; `clock` gives seconds that only grow."""
        self._client = client
        self._table = table
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._cache: dict[str, _Cached] = {}
        self._versions: dict[tuple[str, str, int], Journey] = {}
        self._unreadable: set[tuple[str, str, int]] = set()
        self._template_versions: dict[tuple[str, str, int], PublishedTemplate] = {}

    def settings(self, workspace_id: str) -> WorkspaceSettings:
        """Settings of the workspace; the defaults when nobody has set any."""
        return self._snapshot(workspace_id).settings

    def identity_rules(self, workspace_id: str) -> IdentityRules:
        """How people are told apart; the defaults when nobody has set any. The same object until
        the catalog moves, so what is derived from it can be kept.
        """
        return self._snapshot(workspace_id).identity_rules

    def segments(self, workspace_id: str) -> tuple[PublishedSegment, ...]:
        """Every segment, by id."""
        return self._snapshot(workspace_id).segments

    def tags(self, workspace_id: str) -> tuple[PublishedTag, ...]:
        """Every tag, by id."""
        return self._snapshot(workspace_id).tags

    def lifecycle(self, workspace_id: str) -> PublishedLifecycle:
        """The lifecycle; the default when nobody has set any."""
        return self._snapshot(workspace_id).lifecycle

    def definitions(self, workspace_id: str) -> Definitions:
        """What leaves of conditions can stand for. The same object until the catalog moves, so
        what is derived from it can be kept.
        """
        return self._snapshot(workspace_id).definitions

    def days_build(self, workspace_id: str) -> int:
        """The version at which natural days came to be those of another time zone; 0 for never."""
        return self._snapshot(workspace_id).days_build

    def look_again(self, workspace_id: str) -> None:
        """See whether the catalog has moved, however short ago that was asked."""
        self._snapshot(workspace_id, at_most_seconds=0)

    def version(self, workspace_id: str) -> int:
        """The version of the catalog that is read now; every change of it is a greater one."""
        return self._snapshot(workspace_id).version

    def newest_build(self, workspace_id: str) -> int:
        """The version at which the meaning of any definition changed last; 0 when none ever did."""
        snapshot = self._snapshot(workspace_id)
        segments = (each.build for each in snapshot.segments)
        tags = (each.build for each in snapshot.tags)
        return max(snapshot.lifecycle.build, *segments, *tags, 0)

    def journeys(self, workspace_id: str) -> tuple[PublishedJourney, ...]:
        """Every journey that was ever published, in its published version, by id.

        Nobody enters an archived one, but people are inside until they come to their ends. One
        that is archived and cannot be read any more is left out: it must not stop the others.
        """
        snapshot = self._snapshot(workspace_id)
        self._read_ahead(workspace_id, snapshot.journey_versions)
        return tuple(
            self.journey(workspace_id, journey_id, version)
            for journey_id, version in snapshot.journey_versions.items()
            if snapshot.journey_row(journey_id)["status"] != "archived"
            or (workspace_id, journey_id, version) not in self._unreadable
        )

    def journey_versions(self, workspace_id: str) -> Mapping[str, int]:
        """The published version of every journey that was ever published, by id."""
        return self._snapshot(workspace_id).journey_versions

    def archived_journeys(self, workspace_id: str) -> frozenset[str]:
        """The journeys that nobody enters any more, by id."""
        return self._snapshot(workspace_id).archived_journeys

    def journey_bodies(
        self, workspace_id: str, wanted: Iterable[VersionOf]
    ) -> Iterator[tuple[VersionOf, str]]:
        """The JSON texts of versions of journeys, a hundred a call; those there are."""
        places = {keys.definition_version(workspace_id, "JOURNEY", *one): one for one in wanted}
        waiting = iter(places)
        while some := list(islice(waiting, MAX_GET_KEYS)):
            for key, item in get_items(self._client, self._table, some).items():
                yield places[key], str(from_item(item)["body"])

    def journey(self, workspace_id: str, journey_id: str, version: int) -> PublishedJourney:
        """A certain version of a journey; raises NotFoundError.

        Whoever asks for a version that is not published yet as far as we know was told of it by
        somebody who knows more, so this looks again at once.
        """
        row = self._snapshot(workspace_id).journey_row(journey_id)
        if row.get("published_version", 0) < version:
            row = self._snapshot(workspace_id, at_most_seconds=0).journey_row(journey_id)
        return PublishedJourney(
            journey=self._definition(workspace_id, journey_id, version),
            version=version,
            status=cast("Status", row.get("status", "archived")),
            state_machine_arn=row.get("state_machine_arn", ""),
        )

    def journey_status(self, workspace_id: str, journey_id: str) -> Status:
        """The status of a journey now; `draft` for one that is not there (any more)."""
        row = self._snapshot(workspace_id).journey_row(journey_id)
        if not row:
            row = self._snapshot(workspace_id, at_most_seconds=0).journey_row(journey_id)
        return cast("Status", row.get("status", "draft"))

    def journey_changed_at(self, workspace_id: str, journey_id: str) -> datetime | None:
        """When a journey was put, published, paused or resumed last; None for an unknown one."""
        row = self._snapshot(workspace_id).journey_row(journey_id)
        return parse_instant(row["updated_at"]) if "updated_at" in row else None

    def template(self, workspace_id: str, template_id: str, version: int = 0) -> AnyTemplate:
        """A template as `published_template` gives it."""
        return self.published_template(workspace_id, template_id, version).template

    def published_template(
        self, workspace_id: str, template_id: str, version: int = 0
    ) -> PublishedTemplate:
        """A template as it is sent, in its newest version unless told which.

        Raises NotFoundError, but looks again before that.
        """
        if version:
            return self._template_version(workspace_id, template_id, version)
        try:
            return self._snapshot(workspace_id).template(template_id)
        except NotFoundError:
            return self._snapshot(workspace_id, at_most_seconds=0).template(template_id)

    def provider(self, workspace_id: str, channel: str) -> AnyProvider | None:
        """Who carries out a channel; None where nobody has said so."""
        return self._snapshot(workspace_id).providers.get(channel)

    def destinations(self, workspace_id: str) -> tuple[Destination, ...]:
        """Where events go outside; the same object until the catalog moves."""
        return self._snapshot(workspace_id).destinations

    def _template_version(
        self, workspace_id: str, template_id: str, version: int
    ) -> PublishedTemplate:
        name = (workspace_id, template_id, version)
        if name not in self._template_versions:
            row = self._get(
                *keys.definition_version(workspace_id, "TEMPLATE", template_id, version)
            )
            if row is None:
                raise NotFoundError(f"template {template_id!r} has no version {version}")
            self._template_versions[name] = template_in(row)
        return self._template_versions[name]

    def _definition(self, workspace_id: str, journey_id: str, version: int) -> Journey:
        name = (workspace_id, journey_id, version)
        if name not in self._versions:
            key = keys.definition_version(workspace_id, "JOURNEY", journey_id, version)
            row = self._get(*key)
            if row is None:
                raise NotFoundError(f"journey {journey_id!r} has no version {version}")
            from shared.domain.journeys.definition import Journey

            self._versions[name] = Journey.model_validate_json(row["body"])
        return self._versions[name]

    def _read_ahead(self, workspace_id: str, versions: Mapping[str, int]) -> None:
        """Keep what is not known yet, and which of it cannot be read."""
        wanted = [
            one
            for one in versions.items()
            if (name := (workspace_id, *one)) not in self._versions and name not in self._unreadable
        ]
        if not wanted:
            return
        from pydantic import ValidationError

        from shared.domain.journeys.definition import Journey

        for one, body in self.journey_bodies(workspace_id, wanted):
            try:
                self._versions[workspace_id, *one] = Journey.model_validate_json(body)
            except ValidationError:
                self._unreadable.add((workspace_id, *one))

    def _snapshot(self, workspace_id: str, at_most_seconds: float | None = None) -> Snapshot:
        now = self._clock()
        limit = self._ttl_seconds if at_most_seconds is None else at_most_seconds
        cached = self._cache.get(workspace_id)
        if cached and now - cached.checked_at < limit:
            return cached.snapshot
        # The version first: rows that change while they are read are read again next time.
        row = self._get(keys.catalog(workspace_id), keys.CATALOG_VERSION)
        version = row["n"] if row else 0
        if cached and cached.snapshot.version == version:
            snapshot = cached.snapshot
        else:
            snapshot = Snapshot({row["sk"]: row for row in self._rows(workspace_id)}, version)
        self._remember(workspace_id, _Cached(now, snapshot))
        return snapshot

    def _remember(self, workspace_id: str, cached: _Cached) -> None:
        """A stranger may name any workspace, as the address of a callback does."""
        self._cache.pop(workspace_id, None)
        while len(self._cache) >= REMEMBERED:
            del self._cache[next(iter(self._cache))]  # the one that was asked for longest ago
        self._cache[workspace_id] = cached

    def _rows(self, workspace_id: str) -> list[Row]:
        items = query_items(
            self._client,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.catalog(workspace_id)}},
            ConsistentRead=True,
        )
        return [from_item(item) for item in items]

    def _get(self, pk: str, sk: str) -> Row | None:
        item = self._client.get_item(
            TableName=self._table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        ).get("Item")
        return from_item(item) if item else None
