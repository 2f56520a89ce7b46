"""What the admin API answers, as typed dictionaries: mypy holds the functions to them, and the
OpenAPI document is written from them.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema
from typing_extensions import TypedDict

from shared.domain.journeys.definition import Journey
from shared.domain.segments.condition import Segment
from shared.domain.workspace.keys import WriteKeyKind
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.stories import Bilingual, Instant, ProfileStory

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Shaped:
    """Says that plain JSON data has the shape of a model, for schemas and tests."""

    model: Any

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Give the model's own schema in place of the annotated one."""
        return handler.generate_schema(self.model)


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
    kind: WriteKeyKind
    created_at: Instant


class WriteKeySummary(TypedDict):
    """A write key without its secret.

    `retires_at` is when it ends by itself because another one took its place, null for never.
    Limits are null where the key has none of its own.
    """

    digest_prefix: str
    source_id: str
    kind: WriteKeyKind
    created_at: Instant
    disabled: bool
    retires_at: Instant | None
    events_per_minute: int | None
    max_event_bytes: int | None


class WriteKeyRotated(TypedDict):
    """A key that takes the place of another one, shown this once, and the one that ends later."""

    success: Literal[True]
    write_key: str
    digest_prefix: str
    source_id: str
    old: WriteKeySummary


class WriteKeyList(TypedDict):
    """All write keys, the disabled ones too."""

    success: Literal[True]
    write_keys: list[WriteKeySummary]


class WriteKeyLimited(TypedDict):
    """A write key with the limits that it has now."""

    success: Literal[True]
    outcome: Outcome
    write_key: WriteKeySummary


class WriteKeyDisabled(TypedDict):
    """A write key after it was disabled."""

    success: Literal[True]
    outcome: Outcome
    write_key: WriteKeySummary


# --- definitions ------------------------------------------------------------------------------


class EstimateState(TypedDict):
    """What judging one person costs, at most, for somebody of one strand.

    The rows are those that are read; `rows_written` is for the event that most measures keep,
    beside the event and its counters. With `depends_on_time` people are also judged when nothing
    happens.
    """

    nodes: int
    depends_on_time: bool
    counter_rows: int
    cell_rows: int
    moment_rows: int
    rows_written: int


class SegmentState(TypedDict):
    """A segment, what it says, and how many match it.

    `build` is the catalog version at which its meaning last changed, also by what it refers to;
    `announce` says whether flips that building finds are told. There is no `estimate` of what
    cannot be expanded, as it was put under an older contract.
    """

    segment: Annotated[dict[str, Any], Shaped(Segment)]
    version: int
    build: int
    announce: bool
    updated_at: Instant
    description: Bilingual
    estimate: EstimateState | None
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


class JourneyState(TypedDict):
    """A journey: its newest version, which version people meet, and why it paused itself if so."""

    journey: Annotated[dict[str, Any], Shaped(Journey)]
    version: int
    status: Literal["draft", "published", "paused", "archived"]
    paused_because: str | None
    published_version: int | None
    state_machine_arn: str | None
    updated_at: Instant


class JourneyAnswer(JourneyState):
    """One journey."""

    success: Literal[True]


class JourneyChanged(JourneyAnswer):
    """One journey after a change."""

    outcome: Outcome


class FindingState(TypedDict):
    """What was found in a journey: an error blocks publishing, a warning explains.

    `code` stays the same when the words change; `hint` says what to do, unless the message does.
    """

    severity: Literal["error", "warning"]
    code: str
    path: str
    message: Bilingual
    hint: Bilingual | None


class JourneyChecked(TypedDict):
    """What there is to say of a journey, errors first."""

    success: Literal[True]
    publishable: bool
    findings: list[FindingState]


class JourneyPublished(JourneyChanged):
    """One journey after it was published, with what there is to say all the same."""

    warnings: list[FindingState]


class JourneyList(TypedDict):
    """All journeys."""

    success: Literal[True]
    journeys: list[JourneyState]


# --- people and figures ----------------------------------------------------------------------


class ProfileAnswer(TypedDict):
    """One person."""

    success: Literal[True]
    profile: ProfileStory


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


class StepFigures(TypedDict):
    """How many stand at a step now, went on from it so far, and which way: to which step, or end.

    Somebody who comes by again counts again. Who was ended from outside went no way.
    """

    step: str
    here: int
    passed: int
    ways: dict[str, int]


class JourneySteps(TypedDict):
    """One version of a journey, step by step, in the order of its definition."""

    success: Literal[True]
    journey_id: str
    version: int
    figures: JourneyFigures
    steps: list[StepFigures]


class FiguresAnswer(TypedDict):
    """The tallies as they are now."""

    success: Literal[True]
    figures: Figures
