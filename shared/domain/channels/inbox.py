"""The inbox that clients show: messages lie with the person until they are fetched or expire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.domain.channels.base import (
    MOST_LINK_CHARACTERS,
    Address,
    Form,
    Part,
    TemplateBase,
)

MOST_HEADLINE_CHARACTERS: Final = 200
MOST_TEXT_CHARACTERS: Final = 4_000
MOST_DAYS: Final = 90

ADDRESS: Final = Address(Form((r"^.+\z",)), source="person")  # everybody has one


@dataclass(frozen=True, slots=True)
class InboxContent:
    """A message as the person will see it, in plain text; it is gone after so many days."""

    headline: str
    text: str
    image: str
    link: str
    link_title: str
    days: int


class PulledTemplate(TemplateBase):
    """What clients fetch, in Liquid and plain text."""

    ADDRESS: ClassVar[Address] = ADDRESS

    headline: Annotated[str, Field(min_length=1, max_length=1_000)]
    text: Annotated[str, Field(max_length=10_000)] = ""
    image: Annotated[str, Field(max_length=1_000)] = ""
    link: Annotated[str, Field(max_length=1_000)] = ""
    link_title: Annotated[str, Field(max_length=200)] = ""

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
                Part(
                    name=name,
                    source=source,
                    noun="a link",
                    is_link=True,
                    may_be_empty=True,
                    most=MOST_LINK_CHARACTERS,
                )
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
        )
