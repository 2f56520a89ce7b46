"""From a template as it was written to the one that is sent: blocks in place, MJML made HTML."""

from collections.abc import Mapping
from typing import Any

from shared.domain.channels.base import NOT_BY_LANGUAGE, TemplateBase
from shared.domain.channels.catalog import TEMPLATE, AnyTemplate
from shared.domain.messages.blocks import Block, in_place, shown_in
from shared.domain.messages.mjml_pages import to_html


def needs_compiling(template: TemplateBase) -> bool:
    """Whether a template is anything but what is sent."""
    written = template.model_dump()
    return bool(shown_in(written)) or any(
        each.get("mjml") for each in (written, *written["languages"].values())
    )


def compile_template(template: AnyTemplate, blocks: Mapping[str, Block]) -> AnyTemplate:
    """The template as it is sent, in each of its languages; itself where nothing is to be done.

    Raises InvalidInputError for a block that is missing or goes in a circle, and for bad MJML.
    """
    if not needs_compiling(template):
        return template
    languages = {
        tag: {
            name: value
            for name, value in _ready(template.variant_in(tag), blocks, tag).items()
            if name not in NOT_BY_LANGUAGE
        }
        for tag in template.languages
    }
    ready = _ready(template, blocks, template.language)
    return TEMPLATE.validate_python({**ready, "languages": languages})


def _ready(template: AnyTemplate, blocks: Mapping[str, Block], language: str) -> dict[str, Any]:
    """The fields of one language as they are sent."""
    fields = template.model_dump()
    name = f"template {template.template_id}" + (f" ({language})" if language else "")
    for part in template.parts():
        where = f"{name}, {part.name}"
        text = in_place(part.source, "html" if part.is_html else "text", blocks, language, where)
        _put(fields, part.name.split("."), text)
    if mjml := fields.get("mjml"):
        where = f"{name}, mjml"
        fields["html"] = to_html(in_place(mjml, "mjml", blocks, language, where), where)
        fields["mjml"] = ""
    return fields


def _put(fields: dict[str, Any], path: list[str], text: str) -> None:
    *rooms, last = path
    for room in rooms:
        fields = fields[room]
    fields[last] = text
