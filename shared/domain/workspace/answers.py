"""What the admin API answers, as typed dictionaries: mypy holds the functions to them, and the
OpenAPI document is written from them.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from shared.domain.journeys.definition import Journey
from shared.domain.messages.model import MessageStatus, Template
from shared.domain.segments.condition import Segment
from shared.domain.workspace.model import WorkspaceSettings

Outcome = Literal["created", "updated", "unchanged"]
Absence = Literal["not_reached_yet", "not_on_the_way", "exited_before"]
Instant = str
"""ISO 8601, UTC, with milliseconds and `Z`."""


@dataclass(frozen=True, slots=True)
class Shaped:
    """Says that plain JSON data has the shape of a model, for schemas and tests."""

    model: Any

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Give the model's own schema in place of the annotated one."""
        return handler.generate_schema(self.model)


class Bilingual(TypedDict):
    """The same sentence for operators in English and Chinese."""

    en: str
    zh: str


class Detail(TypedDict):
    """One thing wrong with a request, and where, such as `steps[2].duration`."""

    path: str
    message: str


class ErrorAnswer(TypedDict):
    """Every error."""

    success: Literal[False]
    code: str
    message: str
    details: list[Detail]


# --- settings and keys ------------------------------------------------------------------------


class SettingsAnswer(TypedDict):
    """The settings as they are now."""

    success: Literal[True]
    settings: Annotated[dict[str, Any], Shaped(WorkspaceSettings)]


class SettingsChanged(SettingsAnswer):
    """The settings after a change; `republished` names the journeys that were compiled again."""

    outcome: Outcome
    republished: list[str]


class WriteKeyCreated(TypedDict):
    """A new write key; it is shown this once and stored as a hash only."""

    success: Literal[True]
    write_key: str
    digest_prefix: str
    source_id: str
    created_at: Instant


class WriteKeySummary(TypedDict):
    """A write key without its secret."""

    digest_prefix: str
    source_id: str
    created_at: Instant
    disabled: bool


class WriteKeyList(TypedDict):
    """All write keys, the disabled ones too."""

    success: Literal[True]
    write_keys: list[WriteKeySummary]


class WriteKeyDisabled(TypedDict):
    """A write key after it was disabled."""

    success: Literal[True]
    outcome: Outcome
    write_key: WriteKeySummary


class ConsentAnswer(TypedDict):
    """A consent as it is now."""

    success: Literal[True]
    outcome: Outcome
    consent: "ConsentStory"


class SuppressionAnswer(TypedDict):
    """Whether an address is suppressed now."""

    success: Literal[True]
    outcome: Outcome
    channel: str
    address: str
    suppressed: bool


# --- definitions ------------------------------------------------------------------------------


class SegmentState(TypedDict):
    """A segment, what it says, and how many match it."""

    segment: Annotated[dict[str, Any], Shaped(Segment)]
    version: int
    updated_at: Instant
    description: Bilingual
    members: int


class SegmentAnswer(SegmentState):
    """One segment."""

    success: Literal[True]


class SegmentChanged(SegmentAnswer):
    """One segment after a change."""

    outcome: Outcome


class SegmentList(TypedDict):
    """All segments."""

    success: Literal[True]
    segments: list[SegmentState]


class TemplateState(TypedDict):
    """A template."""

    template: Annotated[dict[str, Any], Shaped(Template)]
    version: int
    updated_at: Instant


class TemplateAnswer(TemplateState):
    """One template."""

    success: Literal[True]


class TemplateChanged(TemplateAnswer):
    """One template after a change."""

    outcome: Outcome


class TemplateList(TypedDict):
    """All templates."""

    success: Literal[True]
    templates: list[TemplateState]


class JourneyState(TypedDict):
    """A journey: its newest version, and which version people meet."""

    journey: Annotated[dict[str, Any], Shaped(Journey)]
    version: int
    status: Literal["draft", "published", "paused", "archived"]
    published_version: int | None
    state_machine_arn: str | None
    updated_at: Instant


class JourneyAnswer(JourneyState):
    """One journey."""

    success: Literal[True]


class JourneyChanged(JourneyAnswer):
    """One journey after a change."""

    outcome: Outcome


class JourneyList(TypedDict):
    """All journeys."""

    success: Literal[True]
    journeys: list[JourneyState]


# --- people -----------------------------------------------------------------------------------


class IdentifierStory(TypedDict):
    """An identifier that points to the profile."""

    kind: str
    value: str
    linked_at: Instant


class TraitStory(TypedDict):
    """A trait's value, when it was claimed and by which source."""

    value: Any
    at: Instant
    source_id: str


class Tags(TypedDict):
    """What is computed about the profile."""

    stage: str
    stage_since: Instant | None
    first_seen_at: Instant | None
    last_seen_at: Instant | None
    events: int


class CountStory(TypedDict):
    """How often the profile did one event."""

    event: str
    times: int
    first_at: Instant
    last_at: Instant


class MembershipStory(TypedDict):
    """Whether the profile matches a segment, since when and because of what."""

    segment_id: str
    title: str
    member: bool
    since: Instant
    version: int
    because: list[Any]
    changes_at: Instant | None


class UnsentStory(TypedDict):
    """A send that never asked for its message, and why."""

    step: str
    template_id: str
    reason: Absence
    text: Bilingual


class EnrolmentStory(TypedDict):
    """One run through a journey; the trace says what was decided at each step and because of what.

    `due_at` is when it goes on by itself, while it waits. `unsent` names every send of the journey
    that has no message.
    """

    enrolment_id: str
    journey_id: str
    title: str
    journey_version: int
    status: Literal["active", "completed", "exited"]
    reason: str
    text: Bilingual | None
    step: str
    entered_at: Instant
    due_at: Instant | None
    trace: list[dict[str, Any]]
    unsent: list[UnsentStory]


class MessageStory(TypedDict):
    """What became of one message, and why; `detail` is what the provider or the engine said."""

    message_id: str
    enrolment_id: str
    journey_id: str
    journey_version: int
    step: str
    visit: int
    template_id: str
    purpose: str
    channel: str | None
    address: str | None
    status: MessageStatus
    reason: str | None
    detail: str | None
    text: Bilingual
    requested_at: Instant
    claimed_at: Instant | None
    settled_at: Instant | None
    provider: str | None
    provider_message_id: str | None


class ConsentStory(TypedDict):
    """What the profile agreed to for a purpose; `source` is the evidence."""

    purpose: str
    granted: bool
    at: Instant
    source: str


class EventStory(TypedDict):
    """One event of the timeline."""

    message_id: str
    type: str
    name: str
    occurred_at: Instant
    received_at: Instant
    source_id: str
    properties: dict[str, Any]


class Timeline(TypedDict):
    """One page of events, newest first; `cursor` asks for the next one."""

    events: list[EventStory]
    cursor: str | None


class LeftOut(TypedDict):
    """How many of the oldest do not fit into one answer: 0 for all but very busy people."""

    enrolments: int
    messages: int


class ProfileStory(TypedDict):
    """Everything that is known of one person; lists begin with the newest."""

    profile_id: str
    created_at: Instant
    identifiers: list[IdentifierStory]
    traits: dict[str, TraitStory]
    tags: Tags
    counts: list[CountStory]
    memberships: list[MembershipStory]
    enrolments: list[EnrolmentStory]
    messages: list[MessageStory]
    left_out: LeftOut
    consents: list[ConsentStory]
    timeline: Timeline


class ProfileAnswer(TypedDict):
    """One person."""

    success: Literal[True]
    profile: ProfileStory


# --- figures ----------------------------------------------------------------------------------


class JourneyFigures(TypedDict):
    """Enrolments of one journey; started = active + completed + all exited."""

    status: str
    started: int
    active: int
    completed: int
    exited: dict[str, int]


class Figures(TypedDict):
    """How many, over all people."""

    segments: dict[str, int]
    journeys: dict[str, JourneyFigures]
    messages: dict[str, dict[str, int]]


class FiguresAnswer(TypedDict):
    """The tallies as they are now."""

    success: Literal[True]
    figures: Figures
