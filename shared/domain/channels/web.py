"""Popups on a web site or in a mini-program: fetched by the client, shown at most once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.domain.channels.inbox import ADDRESS as _EVERYBODY
from shared.domain.channels.inbox import MOST_DAYS, PulledTemplate
from shared.domain.inbox.model import Ask

ADDRESS: Final = _EVERYBODY


@dataclass(frozen=True, slots=True)
class WebContent:
    """A popup as the person will see it, in plain text; it is gone after so many days."""

    headline: str
    text: str
    image: str
    link: str
    link_title: str
    days: int
    place: Literal["centre", "corner", "top"]
    ask: Ask | None = None
    priority: int = 0


class WebTemplate(PulledTemplate):
    """A popup."""

    channel: Literal["web"] = "web"
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 7
    place: Literal["centre", "corner", "top"] = "centre"

    def content(self, rendered: Mapping[str, str]) -> WebContent:
        """The popup."""
        return WebContent(
            rendered["headline"],
            rendered["text"],
            rendered["image"],
            rendered["link"],
            rendered["link_title"],
            self.days,
            self.place,
            self.ask.to_ask() if self.ask else None,
            self.priority,
        )
