"""WeCom: tasks that an employee confirms, to customers; application messages, to employees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from shared.domain.channels.base import (
    Address,
    Form,
    Part,
    TemplateBase,
    link_part,
)

MOST_TASK_BYTES: Final = 4_000
MOST_APPLICATION_BYTES: Final = 2_048
MOST_LINK_TITLE_BYTES: Final = 128
# Somebody who works here is a profile as well, with this trait.
EMPLOYEE_TRAIT: Final = "wecom_userid"

ADDRESS: Final = Address(
    Form((r"^[A-Za-z0-9_.@-]{1,64}\z",)),
    trait="wecom_external_userid",
    nobodys=(r"^nobody-",),  # those of customers begin with `wm` or `wo`
)

WecomForm = Literal["customer_task", "application"]


@dataclass(frozen=True, slots=True)
class WecomContent:
    """A message as the person will see it.

    `customer_task` goes to a customer when an employee (`employee`, the person's own one when it is
    empty) confirms it; `application` goes to an employee at once. The link is a card, not text.
    """

    form: WecomForm
    text: str
    employee: str = ""
    link: str = ""
    link_title: str = ""


class WecomTemplate(TemplateBase):
    """A message in Liquid that goes by way of WeCom."""

    ADDRESS: ClassVar[Address] = ADDRESS

    channel: Literal["wecom"] = "wecom"
    form: WecomForm
    text: Annotated[str, Field(min_length=1, max_length=4_000)]
    employee: Annotated[str, Field(max_length=200)] = ""
    link: Annotated[str, Field(max_length=1_000)] = ""
    link_title: Annotated[str, Field(max_length=200)] = ""

    def address_in(self, traits: Mapping[str, Any], profile_id: str) -> object:  # noqa: ARG002
        """The customer's id, or that of the employee."""
        is_task = self.form == "customer_task"
        return traits.get(ADDRESS.trait if is_task else EMPLOYEE_TRAIT)

    def parts(self) -> tuple[Part, ...]:
        """What is Liquid."""
        most = MOST_TASK_BYTES if self.form == "customer_task" else MOST_APPLICATION_BYTES
        return (
            Part(name="text", source=self.text, noun="a text", most_bytes=most),
            Part(
                name="employee",
                source=self.employee,
                noun="an employee",
                is_one_line=True,
                may_be_empty=True,
                most=64,
            ),
            link_part(self.link),
            Part(
                name="link_title",
                source=self.link_title,
                noun="a title",
                is_one_line=True,
                may_be_empty=True,
                most_bytes=MOST_LINK_TITLE_BYTES,
            ),
        )

    def content(self, rendered: Mapping[str, str]) -> WecomContent:
        """The message."""
        return WecomContent(
            self.form,
            rendered["text"],
            rendered["employee"],
            rendered["link"],
            rendered["link_title"],
        )
