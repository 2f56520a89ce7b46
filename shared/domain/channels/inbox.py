"""The inbox that clients show: messages lie with the person until they are fetched or expire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.domain.channels.base import (
    Address,
    Form,
    Part,
    TemplateBase,
    link_part,
)
from shared.domain.inbox.model import Ask
from shared.domain.inbox.model import Form as AskForm

MOST_HEADLINE_CHARACTERS: Final = 200
MOST_TEXT_CHARACTERS: Final = 4_000
MOST_DAYS: Final = 90

ADDRESS: Final = Address(Form((r"^.+\z",)), source="person")  # everybody has one


class Answer(BaseModel):
    """An answer to choose, and the words in which it is offered (the answer itself unless told)."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    answer: Annotated[str, Field(min_length=1, max_length=200)]
    title: Annotated[str, Field(max_length=100)] = ""


class Question(BaseModel):
    """What a message asks: one tap of like / not interested / tell me more (`reaction`), 1 to 5
    (`rating`), one of `answers` (`choice`), or own words (`text`).

    The answer is the event `feedback_given` with the properties `question` and `answer`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    question: Annotated[str, Field(min_length=1, max_length=200)]
    form: AskForm = "choice"
    answers: Annotated[tuple[Answer, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _answers_fit_the_form(self) -> Self:
        if (self.form == "choice") != bool(self.answers):
            raise ValueError("answers belong to the form choice, and a choice needs some")
        return self

    def to_ask(self) -> Ask:
        """The same as the inbox keeps it."""
        answers = tuple((each.answer, each.title) for each in self.answers)
        return Ask(self.question, self.form, answers)


@dataclass(frozen=True, slots=True)
class InboxContent:
    """A message as the person will see it, in plain text; it is gone after so many days."""

    headline: str
    text: str
    image: str
    link: str
    link_title: str
    days: int
    ask: Ask | None = None
    priority: int = 0


class PulledTemplate(TemplateBase):
    """What clients fetch, in Liquid and plain text."""

    ADDRESS: ClassVar[Address] = ADDRESS

    headline: Annotated[str, Field(min_length=1, max_length=1_000)]
    text: Annotated[str, Field(max_length=10_000)] = ""
    image: Annotated[str, Field(max_length=1_000)] = ""
    link: Annotated[str, Field(max_length=1_000)] = ""
    link_title: Annotated[str, Field(max_length=200)] = ""
    ask: Question | None = None
    priority: Annotated[int, Field(ge=0, le=9)] = 0  # the greatest comes first

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        return (
            Part(
                name="headline",
                source=self.headline,
                noun="a headline",
                is_one_line=True,
                most=MOST_HEADLINE_CHARACTERS,
            ),
            Part(
                name="text",
                source=self.text,
                noun="a text",
                may_be_empty=True,
                most=MOST_TEXT_CHARACTERS,
            ),
            *(
                link_part(source, name)
                for name, source in (("image", self.image), ("link", self.link))
            ),
            Part(
                name="link_title",
                source=self.link_title,
                noun="a title",
                is_one_line=True,
                may_be_empty=True,
                most=100,
            ),
        )


class InboxTemplate(PulledTemplate):
    """A message of the inbox."""

    channel: Literal["inbox"] = "inbox"
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 30

    def content(self, rendered: Mapping[str, str]) -> InboxContent:
        """The message."""
        return InboxContent(
            rendered["headline"],
            rendered["text"],
            rendered["image"],
            rendered["link"],
            rendered["link_title"],
            self.days,
            self.ask.to_ask() if self.ask else None,
            self.priority,
        )
