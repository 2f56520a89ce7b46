"""Questions that messages ask: their words in the journey, and answers as events of the person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from functions.answer_links.pages import Language
from shared.aws.feedback_store import FeedbackStore
from shared.domain.feedback.told import FEEDBACK_GIVEN, About, answer_told
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import FeedbackStep
from shared.domain.messages.links import Ref
from shared.errors import NotFoundError

# Answers that need no words of their own.
_KNOWN: Final[dict[str, tuple[str, str]]] = {
    "like": ("I like it", "喜欢"),
    "not_interested": ("Not interested", "不感兴趣"),
    "tell_me_more": ("Tell me more", "想了解更多"),
    "yes": ("Yes", "是"),
    "no": ("No", "否"),
    **{str(n): ("★" * n + "☆" * (5 - n), "★" * n + "☆" * (5 - n)) for n in range(1, 6)},
}


class _Published(Protocol):
    @property
    def journey(self) -> Journey:
        """The definition of a version."""


class Journeys(Protocol):
    """Knows every version of every journey."""

    def journey(self, workspace_id: str, journey_id: str, version: int) -> _Published:
        """One version; raises NotFoundError."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in a message; `step` is None where no step waits for its answer."""

    about: About
    question: str
    step: FeedbackStep | None

    def text(self, language: Language) -> str:
        """The question in words; empty where nobody wrote any."""
        words = self.step.text if self.step else None
        return "" if words is None else words.zh if language == "zh" and words.zh else words.en

    def has(self, answer: str) -> bool:
        """Whether the step knows this answer."""
        return self.step is not None and any(one.answer == answer for one in self.step.answers)

    def label(self, answer: str, language: Language) -> str:
        """An answer in words."""
        one = (
            next((each for each in self.step.answers if each.answer == answer), None)
            if (self.step)
            else None
        )
        if one and one.text:
            return one.text.zh if language == "zh" and one.text.zh else one.text.en
        return _KNOWN.get(answer, (answer, answer))[language == "zh"]

    def labels(self, language: Language, *, without: str) -> dict[str, str]:
        """All answers in words but one."""
        answers = [one.answer for one in self.step.answers] if self.step else []
        return {one: self.label(one, language) for one in answers if one != without}


class Questions:
    """The questions of all messages."""

    def __init__(self, feedback: FeedbackStore, journeys: Callable[[], Journeys]) -> None:
        """`journeys` is asked only where a question is."""
        self._feedback = feedback
        self._journeys = journeys

    def of(self, ref: Ref, question: str) -> Asked | None:
        """The question of a message; None when there is no such message any more."""
        sent = self._feedback.find(ref)
        return Asked(sent.about, question, self._step(ref, sent.about, question)) if sent else None

    def take(self, ref: Ref, asked: Asked, answer: str, now: datetime) -> None:
        """Write an answer down; the same one again changes nothing."""
        name = asked.step.event if asked.step else FEEDBACK_GIVEN
        event = answer_told(ref.workspace_id, asked.question, answer, asked.about, name, now)
        self._feedback.answer(ref, asked.question, answer, event)

    def _step(self, ref: Ref, about: About, question: str) -> FeedbackStep | None:
        try:
            published = self._journeys().journey(
                ref.workspace_id, about.journey_id, about.journey_version
            )
        except NotFoundError:
            return None
        journey = published.journey
        step = journey.step(about.step) if journey.has(about.step) else None
        if isinstance(step, FeedbackStep) and (step.question or step.name) == question:
            return step
        return None
