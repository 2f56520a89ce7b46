"""Calls to a server of the customer's own, which brings the message to the person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

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

_HOST: Final = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"

ADDRESS: Final = Address(
    Form((rf"^https://({_HOST}\.)+[A-Za-z][A-Za-z0-9-]*(:[0-9]+)?(/[!-~]*)?\z", r"^.{1,1000}\z")),
    source="template",
    nobodys=(
        r"^https://([^/:]*\.)?example\.(com|net|org)(:|/|\z)",
        r"^https://([^/:]*\.)?(example|test|invalid)(:|/|\z)",
    ),
)


@dataclass(frozen=True, slots=True)
class WebhookContent:
    """What the server is told, beside whom the message is for."""

    url: str
    fields: Pairs


class WebhookTemplate(TemplateBase):
    """A signed call; `fields` are Liquid and become a JSON object, `url` is taken as it is."""

    ADDRESS: ClassVar[Address] = ADDRESS

    channel: Literal["webhook"] = "webhook"
    url: Annotated[str, Field(pattern=r"^https://", max_length=1_000)]
    fields: Annotated[Fields, Field(default_factory=dict)]

    def address_in(self, traits: Mapping[str, Any], profile_id: str) -> object:  # noqa: ARG002
        """The server's."""
        return self.url

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        return tuple(field_parts(self.fields))

    def content(self, rendered: Mapping[str, str]) -> WebhookContent:
        """The call."""
        return WebhookContent(self.url, rendered_fields(self.fields, rendered))
