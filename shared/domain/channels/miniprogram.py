"""Subscription messages of a WeChat mini-program, to the trait `miniprogram_openid`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.domain.channels.base import (
    MOST_LINK_CHARACTERS,
    Address,
    Fields,
    Pairs,
    Part,
    TemplateBase,
    field_parts,
    rendered_fields,
)
from shared.domain.channels.wechat import FIELD_LIMITS, NOBODYS, OPENID

ADDRESS: Final = Address(OPENID, trait="miniprogram_openid", nobodys=NOBODYS)


@dataclass(frozen=True, slots=True)
class MiniprogramContent:
    """A subscription message: a template that WeChat knows by `code`; `page` opens with it."""

    code: str
    fields: Pairs
    page: str = ""


class MiniprogramTemplate(TemplateBase):
    """A subscription message, in Liquid; each takes one consent that the person gave to `code`."""

    ADDRESS: ClassVar[Address] = ADDRESS

    channel: Literal["miniprogram"] = "miniprogram"
    code: Annotated[str, Field(min_length=1, max_length=64)]
    fields: Annotated[Fields, Field(min_length=1)]
    page: Annotated[str, Field(max_length=1_000)] = ""

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        page = Part(
            name="page",
            source=self.page,
            noun="a page",
            is_one_line=True,
            may_be_empty=True,
            most=MOST_LINK_CHARACTERS,
        )
        return (*field_parts(self.fields, FIELD_LIMITS), page)

    def content(self, rendered: Mapping[str, str]) -> MiniprogramContent:
        """The subscription message."""
        return MiniprogramContent(
            self.code, rendered_fields(self.fields, rendered), rendered["page"]
        )
