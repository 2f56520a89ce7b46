"""What the admin API is sent about templates beside their definitions."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.messages.model import Template
from shared.domain.workspace.purposes import Purpose


class TemplateLook(BaseModel):
    """For whom a template is shown, and what of it.

    `kind` and `value` name a person, without them nothing is known of anybody. `template` is a
    draft in place of the stored one, `values` are what a step would hand it, `version` another one
    than the newest, and `language` another one than the person's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    kind: Annotated[str, Field(max_length=40)] = ""
    value: Annotated[str, Field(max_length=256)] = ""
    template: Template | None = None
    values: Annotated[dict[str, Any], Field(max_length=50)] = Field(default_factory=dict)
    version: Annotated[int, Field(ge=1)] | None = None
    language: Annotated[str, Field(max_length=35)] = ""
    purpose: Purpose = "marketing"


class TemplateTest(TemplateLook):
    """To which addresses of the operator's own a template is sent; otherwise as for a look."""

    to: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=2_048)], ...],
        Field(min_length=1, max_length=5),
    ]
