"""Notifications of apps, to the trait `push_endpoint`: the SNS endpoint of the person's device."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.domain.channels.base import (
    Address,
    Form,
    Part,
    TemplateBase,
    link_part,
)

# APNs and FCM take 4 KB in all, of which names and marks take some.
MOST_TEXT_BYTES: Final = 2_048
MOST_TITLE_CHARACTERS: Final = 100

ADDRESS: Final = Address(
    Form(
        (
            r"^arn:aws[a-z-]*:sns:[a-z0-9-]{1,32}:[0-9]{12}:"
            r"endpoint/(APNS|APNS_SANDBOX|GCM|ADM|BAIDU)/[A-Za-z0-9_.-]{1,256}/[A-Za-z0-9-]{1,64}\z",
        )
    ),
    trait="push_endpoint",
    nobodys=(r"^arn:aws[a-z-]*:sns:[a-z0-9-]{1,32}:0{12}:",),  # no account has this number
)


@dataclass(frozen=True, slots=True)
class PushContent:
    """A notification as the person will see it; `link` opens with it, where there is one."""

    title: str
    text: str
    link: str = ""


class PushTemplate(TemplateBase):
    """A notification in Liquid."""

    ADDRESS: ClassVar[Address] = ADDRESS

    channel: Literal["push"] = "push"
    headline: Annotated[str, Field(min_length=1, max_length=500)]
    text: Annotated[str, Field(min_length=1, max_length=2_000)]
    link: Annotated[str, Field(max_length=1_000)] = ""

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        return (
            Part(
                name="headline",
                source=self.headline,
                noun="a headline",
                is_one_line=True,
                most=MOST_TITLE_CHARACTERS,
            ),
            Part(name="text", source=self.text, noun="a text", most_bytes=MOST_TEXT_BYTES),
            link_part(self.link),
        )

    def content(self, rendered: Mapping[str, str]) -> PushContent:
        """The notification."""
        return PushContent(rendered["headline"], rendered["text"], rendered["link"])
