"""A message that lies with its person until a client fetches it: an inbox message or a popup."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal, assert_never

PulledChannel = Literal["inbox", "web"]
"""`inbox` messages stay until they expire or are dismissed; `web` is a popup, shown once."""

Act = Literal["shown", "clicked", "dismissed", "answered"]
"""What a person does with a message; each counts once for a message."""

Form = Literal["reaction", "rating", "choice", "text"]
"""How a question is asked: like / not interested / tell me more, 1 to 5, own answers, own words."""

REACTIONS: Final = ("like", "not_interested", "tell_me_more")
RATINGS: Final = ("1", "2", "3", "4", "5")
MOST_ANSWER_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that comes with a message.

    `question` is its name, as journeys and tags know it. `answers` are (answer, words to show) of
    a `choice`; the other forms have none of their own.
    """

    question: str
    form: Form
    answers: tuple[tuple[str, str], ...] = ()

    def takes(self, answer: str) -> bool:
        """Say whether this is one of its answers."""
        match self.form:
            case "reaction":
                return answer in REACTIONS
            case "rating":
                return answer in RATINGS
            case "choice":
                return any(answer == known for known, _ in self.answers)
            case "text":
                return bool(answer.strip()) and len(answer) <= MOST_ANSWER_CHARACTERS
            case _:
                assert_never(self.form)

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data, as clients read it."""
        answers = [{"answer": answer, "title": title} for answer, title in self.answers]
        return {"question": self.question, "form": self.form, "answers": answers}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Ask":
        """Read what `to_json` wrote."""
        answers = tuple((each["answer"], each["title"]) for each in data["answers"])
        return cls(data["question"], data["form"], answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxMessage:
    """One message as the person will see it, in plain text, and what became of it.

    It is shown before `until`. Of several the one with the greatest `priority` comes first, then
    the latest. `place` is where a popup stands. The ids say what asked for it.
    """

    message_id: str
    channel: PulledChannel
    headline: str
    created_at: datetime
    until: datetime
    text: str = ""
    image: str = ""
    link: str = ""
    link_title: str = ""
    place: str = ""
    priority: int = 0
    ask: Ask | None = None
    template_id: str = ""
    journey_id: str = ""
    step: str = ""
    shown_at: datetime | None = None
    clicked_at: datetime | None = None
    dismissed_at: datetime | None = None
    answered_at: datetime | None = None

    def is_to_be_shown(self, now: datetime) -> bool:
        """Say whether a client may still show it: a popup only if nobody has begun to."""
        if self.until <= now or self.dismissed_at is not None:
            return False
        return self.channel == "inbox" or self.shown_at is None

    def when(self, act: Act) -> datetime | None:
        """When the person did this with it first."""
        match act:
            case "shown":
                return self.shown_at
            case "clicked":
                return self.clicked_at
            case "dismissed":
                return self.dismissed_at
            case "answered":
                return self.answered_at
            case _:
                assert_never(act)

    def after(self, act: Act, now: datetime) -> "InboxMessage":
        """The same once the person has done this with it at `now`, for the first time or again."""
        if self.when(act) is not None:
            return self
        match act:
            case "shown":
                return replace(self, shown_at=now)
            case "clicked":
                return replace(self, clicked_at=now)
            case "dismissed":
                return replace(self, dismissed_at=now)
            case "answered":
                return replace(self, answered_at=now)
            case _:
                assert_never(act)


def in_order(messages: list[InboxMessage]) -> list[InboxMessage]:
    """The most important first; of equal ones the latest; the id decides at last."""
    return sorted(
        messages, key=lambda one: (one.priority, one.created_at, one.message_id), reverse=True
    )
