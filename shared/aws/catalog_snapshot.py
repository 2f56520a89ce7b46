"""What is published in one workspace at one version of its catalog, parsed when first asked for.

Models of definitions are imported by whoever first asks for such a definition: a function that
sends messages starts without the models of segments, and one that merges people without any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from shared.aws import keys
from shared.errors import NotFoundError

if TYPE_CHECKING:
    from shared.domain.channels.providers import AnyProvider
    from shared.domain.identity.rules import IdentityRules
    from shared.domain.journeys.definition import Journey
    from shared.domain.lifecycle.model import Lifecycle
    from shared.domain.messages.model import AnyTemplate
    from shared.domain.outbound.model import Destination
    from shared.domain.segments.condition import Segment
    from shared.domain.segments.expand import Definitions
    from shared.domain.tags.model import Tag
    from shared.domain.workspace.model import WorkspaceSettings

Kind = Literal[
    "SEGMENT", "TAG", "LIFECYCLE", "LIST", "PROVIDER", "DESTINATION", "BLOCK", "TEMPLATE", "JOURNEY"
]
Status = Literal["draft", "published", "paused", "archived"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedSegment:
    """A segment and the version of its definition.

    `build` is the version of the catalog at which its meaning last changed, also by what it refers
    to; `announce` says whether flips that are found by building are told.
    """

    segment: Segment
    version: int
    build: int = 0
    announce: bool = False


@dataclass(frozen=True, slots=True)
class PublishedTag:
    """A tag and the version of its definition; `build` and `announce` as with segments."""

    tag: Tag
    version: int
    build: int = 0
    announce: bool = False


@dataclass(frozen=True, slots=True)
class PublishedLifecycle:
    """The lifecycle and its version, 0 where nobody has set any; the rest as with segments."""

    lifecycle: Lifecycle
    version: int = 0
    build: int = 0
    announce: bool = False


@dataclass(frozen=True, slots=True)
class PublishedJourney:
    """One published version of a journey.

    `status` is the journey's status now, whatever the version; `state_machine_arn` starts
    executions of the version that is published now.
    """

    journey: Journey
    version: int
    status: Status
    state_machine_arn: str


@dataclass(frozen=True, slots=True)
class PublishedTemplate:
    """A template as it is sent, its blocks in place and its MJML made HTML, and its version."""

    template: AnyTemplate
    version: int


class Snapshot:
    """The rows of one workspace's catalog at one catalog version, parsed when first asked for."""

    def __init__(self, rows: Mapping[str, Row], version: int) -> None:
        self._rows = rows
        self.version = version
        self._templates: dict[str, PublishedTemplate] = {}

    def of_kind(self, kind: Kind) -> list[tuple[str, Row]]:
        """(definition id, row) of every definition of a kind, by id."""
        prefix = keys.definition(kind, "")
        return [
            (sk.removeprefix(prefix), row)
            for sk, row in self._rows.items()
            if sk.startswith(prefix)
        ]

    @cached_property
    def settings(self) -> WorkspaceSettings:
        """The settings; the defaults when nobody has set any."""
        from shared.domain.workspace.model import WorkspaceSettings

        row = self._rows.get(keys.SETTINGS)
        return WorkspaceSettings.stored(row["body"]) if row else WorkspaceSettings()

    @property
    def days_build(self) -> int:
        """The version at which natural days came to be those of another time zone; 0 for never.

        No definition has the meaning that it had before that.
        """
        build: int = self._rows.get(keys.SETTINGS, {}).get("days_build", 0)
        return build

    @property
    def _all_build(self) -> int:
        """The version since which everybody is to be judged anew by everything; 0 for never."""
        asked: int = self._rows.get(keys.SETTINGS, {}).get("all_build", 0)
        return max(asked, self.days_build)

    @cached_property
    def identity_rules(self) -> IdentityRules:
        """How people are told apart; the defaults when nobody has set any."""
        from shared.domain.identity.rules import DEFAULT_RULES, IdentityRules

        row = self._rows.get(keys.IDENTITY_RULES)
        return IdentityRules.model_validate_json(row["body"]) if row else DEFAULT_RULES

    @cached_property
    def segments(self) -> tuple[PublishedSegment, ...]:
        """Every segment, by id."""
        from shared.domain.segments.condition import Segment

        return tuple(
            PublishedSegment(Segment.model_validate_json(row["body"]), *self._stand(row))
            for _, row in self.of_kind("SEGMENT")
        )

    @cached_property
    def tags(self) -> tuple[PublishedTag, ...]:
        """Every tag, by id."""
        from shared.domain.tags.model import Tag

        return tuple(
            PublishedTag(Tag.model_validate_json(row["body"]), *self._stand(row))
            for _, row in self.of_kind("TAG")
        )

    @cached_property
    def lifecycle(self) -> PublishedLifecycle:
        """The lifecycle; the default when nobody has set any."""
        from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE, LIFECYCLE_ID, Lifecycle

        row = self._rows.get(keys.definition("LIFECYCLE", LIFECYCLE_ID))
        if row is None:
            return PublishedLifecycle(DEFAULT_LIFECYCLE, build=self._all_build)
        return PublishedLifecycle(Lifecycle.model_validate_json(row["body"]), *self._stand(row))

    @cached_property
    def definitions(self) -> Definitions:
        """What leaves of conditions can stand for."""
        from shared.domain.segments.expand import Definitions

        return Definitions(
            segments={one.segment.segment_id: one.segment.condition for one in self.segments},
            tags={one.tag.tag_id: one.tag for one in self.tags},
            lifecycle=self.lifecycle.lifecycle,
            settings=self.settings,
        )

    @cached_property
    def journey_versions(self) -> Mapping[str, int]:
        """The published version of every journey that was ever published, by id."""
        rows = self.of_kind("JOURNEY")
        return {name: row["published_version"] for name, row in rows if row["status"] != "draft"}

    @cached_property
    def archived_journeys(self) -> frozenset[str]:
        """Those that nobody enters any more."""
        return frozenset(n for n, row in self.of_kind("JOURNEY") if row["status"] == "archived")

    def journey_row(self, journey_id: str) -> Row:
        """The row of a journey; empty when there is none."""
        return self._rows.get(keys.definition("JOURNEY", journey_id), {})

    def template(self, template_id: str) -> PublishedTemplate:
        """A template in its newest version; raises NotFoundError."""
        if template_id not in self._templates:
            row = self._rows.get(keys.definition("TEMPLATE", template_id))
            if row is None:
                raise NotFoundError(f"there is no template {template_id!r}")
            self._templates[template_id] = template_in(row)
        return self._templates[template_id]

    @cached_property
    def providers(self) -> Mapping[str, AnyProvider]:
        """Who carries out which channel, as far as somebody has said."""
        rows = self.of_kind("PROVIDER")
        if not rows:
            return {}
        from shared.domain.channels.providers import PROVIDER

        return {channel: PROVIDER.validate_json(row["body"]) for channel, row in rows}

    @cached_property
    def destinations(self) -> tuple[Destination, ...]:
        """Where events go outside, by id."""
        rows = self.of_kind("DESTINATION")
        if not rows:
            return ()
        from shared.domain.outbound.model import DESTINATION

        return tuple(DESTINATION.validate_json(row["body"]) for _, row in rows)

    def _stand(self, row: Row) -> tuple[int, int, bool]:
        """(version, build, announce) of a row; nobody is told what a build of everything finds."""
        build = row.get("build", 0)
        if self._all_build > build:
            return row["version"], self._all_build, False
        return row["version"], build, row.get("announce", False)


def template_in(row: Row) -> PublishedTemplate:
    """The template in the row of one of its versions."""
    from shared.domain.messages.model import TEMPLATE

    return PublishedTemplate(
        TEMPLATE.validate_json(row.get("ready") or row["body"]), row["version"]
    )
