"""Text messages, to the trait `phone`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.domain.channels.base import (
    Address,
    Fields,
    Form,
    Pairs,
    Part,
    TemplateBase,
    field_parts,
    rendered_fields,
)

MAX_SMS_CHARACTERS: Final = 1_600

ADDRESS: Final = Address(
    Form((r"^\+[1-9][0-9]{6,14}\z",)),  # E.164 only, such as `+14255550123`
    trait="phone",
    # The North American numbering plan keeps 555-0100 to 555-0199 of each area code for fiction.
    nobodys=(r"^\+1[2-9][0-9]{2}55501[0-9]{2}\z",),
)


@dataclass(frozen=True, slots=True)
class SmsContent:
    """A text message as the person will see it.

    `code` and `fields` are what providers want that send registered templates only; the text then
    says what the person sees, signature left out.
    """

    text: str
    code: str = ""
    fields: Pairs = ()


class SmsTemplate(TemplateBase):
    """A text message in Liquid; `topic` as in an email.

    Providers in China send templates that they have approved: `code` is theirs, and `fields` are
    the values in it, in its order.
    """

    ADDRESS: ClassVar[Address] = ADDRESS

    channel: Literal["sms"] = "sms"
    text: Annotated[str, Field(min_length=1, max_length=1_600)]
    code: Annotated[str, Field(max_length=64)] = ""
    fields: Annotated[Fields, Field(default_factory=dict)]

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        text = Part(name="text", source=self.text, noun="a text message", most=MAX_SMS_CHARACTERS)
        return (text, *field_parts(self.fields))

    def content(self, rendered: Mapping[str, str]) -> SmsContent:
        """The text message."""
        return SmsContent(rendered["text"], self.code, rendered_fields(self.fields, rendered))
