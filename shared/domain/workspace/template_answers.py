"""What the admin API answers about templates and the blocks that they share."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.messages.blocks import Block
from shared.domain.messages.channels import Channel
from shared.domain.messages.model import Template
from shared.domain.workspace.answers import FindingState, Outcome, Shaped
from shared.domain.workspace.stories import Instant


class TemplateState(TypedDict):
    """A template, as it was put."""

    template: Annotated[dict[str, Any], Shaped(Template)]
    version: int
    updated_at: Instant


class TemplateAnswer(TemplateState):
    """One template."""

    success: Literal[True]


class TemplateChanged(TemplateAnswer):
    """One template after a change, with what an operator should hear of it all the same."""

    outcome: Outcome
    warnings: list[FindingState]


class TemplateList(TypedDict):
    """All templates."""

    success: Literal[True]
    templates: list[TemplateState]


class TemplateVersion(TypedDict):
    """One version of a template.

    `changed` are the fields in which it differs from the version before; `blocks` is among them
    where a block that it shows became another one.
    """

    version: int
    updated_at: Instant
    changed: list[str]


class TemplateHistory(TypedDict):
    """The latest versions of a template, the newest first."""

    success: Literal[True]
    template_id: str
    versions: list[TemplateVersion]


class TemplateChecked(TypedDict):
    """What there is to say of a template; one with an error cannot be saved."""

    success: Literal[True]
    savable: bool
    findings: list[FindingState]


class SegmentsState(TypedDict):
    """What a text message takes, which is what it costs."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    segments: int


class TemplatePreviewed(TypedDict):
    """A template as one person would see it.

    `version` is 0 for a draft, `language` empty where the template stands in none that it names.
    `shown` are the parts of the message; it is None where the template cannot be shown to this
    person, and `problem` says why.
    """

    success: Literal[True]
    template_id: str
    version: int
    channel: Channel
    language: str
    shown: dict[str, Any] | None
    problem: str
    segments: SegmentsState | None
    findings: list[FindingState]


class TestSent(TypedDict):
    """What became of a test at one address.

    `refused` is what was not handed over, `not_taken` what the provider surely did not take;
    `unclear` where nobody knows.
    """

    to: str
    became: Literal["accepted", "rejected", "not_taken", "unclear", "refused"]
    detail: str


class TemplateTested(TypedDict):
    """A test of a template, address by address; `version` is 0 for a draft."""

    success: Literal[True]
    template_id: str
    version: int
    sent: list[TestSent]


class BlockState(TypedDict):
    """A content block; `templates` show it, by themselves or through other blocks."""

    block: Annotated[dict[str, Any], Shaped(Block)]
    version: int
    updated_at: Instant
    templates: list[str]


class BlockAnswer(BlockState):
    """One block."""

    success: Literal[True]


class BlockChanged(BlockAnswer):
    """One block after a change, which makes a new version of every template that shows it."""

    outcome: Outcome


class BlockList(TypedDict):
    """All blocks."""

    success: Literal[True]
    blocks: list[BlockState]
