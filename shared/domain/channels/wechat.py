"""WeChat service account, to the trait `wechat_openid`: template and customer-service messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.domain.channels.base import (
    Address,
    Fields,
    Form,
    Pairs,
    Part,
    TemplateBase,
    field_parts,
    link_part,
    rendered_fields,
)

# What WeChat takes of each kind of value, in characters; names of values end in a number (thing1).
FIELD_LIMITS: Final[Mapping[str, int]] = {
    "thing": 20,
    "character_string": 32,
    "time": 32,
    "date": 32,
    "amount": 12,
    "phone_number": 17,
    "car_number": 8,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "name": 10,
    "phrase": 5,
    "const": 20,
}
MOST_TEXT_BYTES: Final = 2_048  # of a customer-service message
# The same form for mini-programs; the marks are those of base64url, and real ones have 28.
OPENID: Final = Form((r"^[A-Za-z0-9_-]{6,64}\z",))
NOBODYS: Final = (r"^nobody-",)  # a service account's begin with `o`, a real one never so

ADDRESS: Final = Address(OPENID, trait="wechat_openid", nobodys=NOBODYS)


@dataclass(frozen=True, slots=True)
class WechatContent:
    """A message in the chat of a service account.

    `template` has a `code` that WeChat knows, `fields` and perhaps a `link`; `service` has a
    `text`, and is taken only while the person's window is open.
    """

    form: Literal["template", "service"]
    text: str = ""
    code: str = ""
    fields: Pairs = ()
    link: str = ""


class WechatTemplate(TemplateBase):
    """A message of a service account, in Liquid.

    `form: template` sends a template that WeChat approved, by its `code`, and may not advertise;
    `form: service` sends `text` to somebody who has just done something.
    """

    ADDRESS: ClassVar[Address] = ADDRESS

    channel: Literal["wechat"] = "wechat"
    form: Literal["template", "service"]
    text: Annotated[str, Field(max_length=2_048)] = ""
    code: Annotated[str, Field(max_length=64)] = ""
    fields: Annotated[Fields, Field(default_factory=dict)]
    link: Annotated[str, Field(max_length=1_000)] = ""

    @model_validator(mode="after")
    def _has_what_its_form_needs(self) -> Self:
        if self.form == "template" and not (self.code and self.fields and not self.text):
            raise ValueError("form template has code and fields, and no text")
        if self.form == "service" and not (self.text and not (self.code or self.fields)):
            raise ValueError("form service has text, and neither code nor fields")
        if self.form == "service" and self.link:
            raise ValueError("a link stands in the text of form service")
        return self

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        if self.form == "service":
            text = Part(name="text", source=self.text, noun="a text", most_bytes=MOST_TEXT_BYTES)
            return (text,)
        link = link_part(self.link)
        return (*field_parts(self.fields, FIELD_LIMITS), link)

    def content(self, rendered: Mapping[str, str]) -> WechatContent:
        """The message."""
        if self.form == "service":
            return WechatContent("service", text=rendered["text"])
        fields = rendered_fields(self.fields, rendered)
        return WechatContent("template", code=self.code, fields=fields, link=rendered["link"])
