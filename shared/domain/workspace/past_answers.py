"""What the admin API answers to why, and what came of running the past again."""

from typing import Literal

from typing_extensions import TypedDict

from shared.domain.journeys.past import By, Outcome, Status
from shared.domain.workspace.stories import Bilingual, Instant, MessageStory, UnsentStory


class TryStory(TypedDict):
    """One thing that could have begun the journey, what came of it, and because of which rule."""

    at: Instant
    trigger: str
    outcome: Outcome
    text: Bilingual
    enrolment_id: str | None


class DecisionStory(TypedDict):
    """One decision in words, with the facts behind it, and the message that it asked for."""

    at: Instant
    step: str
    visit: int
    decision: str
    text: Bilingual
    message: MessageStory | None


class RunStory(TypedDict):
    """One run: where it stands or how it ended, and every decision.

    `profile_id` is the strand in which it lies.
    """

    profile_id: str
    enrolment_id: str
    version: int
    status: Literal["active", "completed", "exited"]
    text: Bilingual
    entered_at: Instant
    step: str
    due_at: Instant | None
    decisions: list[DecisionStory]
    unsent: list[UnsentStory]


class WhyAnswer(TypedDict):
    """Why; lists begin with the newest."""

    success: Literal[True]
    profile_id: str
    journey_id: str
    title: str
    status: Status
    text: Bilingual
    tries: list[TryStory]
    runs: list[RunStory]


class ReplayedLine(TypedDict):
    """One decision, the last line being the end, as JSON text; `by` says what it followed from.

    That is the `definition` alone, what is in the `timeline`, the `facts` in the trace, or nothing
    any more, so that the `trace` was believed.
    """

    recorded: str | None
    replayed: str | None
    same: bool
    by: By


class ReplayAnswer(TypedDict):
    """What came of running an enrolment again; `whole` when no event of the past can be missing."""

    success: Literal[True]
    enrolment_id: str
    journey_id: str
    same: bool
    whole: bool
    lines: list[ReplayedLine]
