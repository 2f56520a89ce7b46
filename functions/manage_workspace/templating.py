"""Templates and blocks in the catalog: putting them, and what each comes to when it is sent."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic import TypeAdapter

from functions.manage_workspace.definitions import means, stage
from shared.aws.catalog_writer import Definition, Edit, Version
from shared.aws.meanings import readable
from shared.domain.messages.blocks import Block, in_place, shown_in, users_of
from shared.domain.messages.compiling import compile_template
from shared.domain.messages.handover import Content, SmsContent
from shared.domain.messages.lean_liquid import LiquidError
from shared.domain.messages.liquid_engine import parse
from shared.domain.messages.model import TEMPLATE, AnyTemplate
from shared.domain.messages.render import check
from shared.domain.messages.sms import measure
from shared.domain.text import to_text
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.template_answers import SegmentsState
from shared.errors import InvalidInputError

BLOCK: Final[TypeAdapter[Block]] = TypeAdapter(Block)
MOST_USERS: Final = 45  # templates that one change of a block can make anew, in one transaction


def blocks_of(edit: Edit) -> dict[str, Block]:
    """All blocks by their ids."""
    return dict(readable(BLOCK, edit.all("BLOCK")))


def put_template(edit: Edit, template: AnyTemplate) -> tuple[Outcome, Definition, AnyTemplate]:
    """Store a template as its next version, unless it says what is stored already.

    Gives it as it is sent, too. Raises InvalidInputError for what cannot be sent.
    """
    ready = checked(template, blocks_of(edit))
    before = edit.find("TEMPLATE", template.template_id)
    text = _text(template, ready)
    if before and before.ready == text and means(TEMPLATE, before.body, template):
        return "unchanged", before, ready
    wanted = Definition(kind="TEMPLATE", definition_id=template.template_id, body="")
    after = stage(edit, before, wanted, template, text)
    edit.commit()
    return ("updated" if before else "created"), after, ready


def base_of(edit: Edit) -> str:
    """What links in messages of the workspace begin with, empty for the API's own address."""
    return (edit.settings() or WorkspaceSettings()).public_url


def segments_of(content: Content) -> SegmentsState | None:
    """What a text message takes of its provider; None for all others."""
    if not isinstance(content, SmsContent):
        return None
    length = measure(content.text)
    return SegmentsState(encoding=length.encoding, units=length.units, segments=length.segments)


def checked(template: AnyTemplate, blocks: Mapping[str, Block]) -> AnyTemplate:
    """A template as it is sent; raises InvalidInputError where it cannot be."""
    ready = compile_template(template, blocks)
    check(ready)
    return ready


def ready_of(row: Definition | Version) -> AnyTemplate:
    """A stored template as it is sent."""
    return TEMPLATE.validate_json(row.ready or row.body)


def ready_templates(edit: Edit) -> dict[str, AnyTemplate]:
    """All templates as they are sent, by their ids; those of an older contract are left out."""
    rows = (replace(one, body=one.ready or one.body) for one in edit.all("TEMPLATE"))
    return dict(readable(TEMPLATE, rows))


def put_block(edit: Edit, block: Block) -> tuple[Outcome, Definition]:
    """Store a block, and every template that shows it in a new version.

    Raises InvalidInputError where a template could not be sent any more.
    """
    before = edit.find("BLOCK", block.block_id)
    if before and means(BLOCK, before.body, block):
        return "unchanged", before
    blocks = {**blocks_of(edit), block.block_id: block}
    _check_block(block, blocks)
    wanted = Definition(kind="BLOCK", definition_id=block.block_id, body="")
    after = stage(edit, before, wanted, block)
    users = list(_users(edit, block.block_id, blocks))
    if len(users) > MOST_USERS:
        raise InvalidInputError(
            f"{len(users)} templates show this block; one change makes at most {MOST_USERS} anew"
        )
    for row, template in users:
        text = _text(template, checked(template, blocks))
        if text != row.ready:
            stage(edit, row, row, template, text)
    edit.commit()
    return ("updated" if before else "created"), after


def delete_block(edit: Edit, row: Definition) -> None:
    """Take a block out; raises InvalidInputError where something shows it."""
    blocks = blocks_of(edit)
    others = users_of(row.definition_id, blocks) - {row.definition_id}
    users = [f'block "{name}"' for name in sorted(others)]
    users += [f'template "{name}"' for name in templates_showing(edit, row.definition_id, blocks)]
    if users:
        raise InvalidInputError(
            f'block "{row.definition_id}" cannot be deleted: {", ".join(users)} would miss it',
            hint="change what shows it first",
        )
    edit.delete(row)
    edit.commit()


def templates_showing(edit: Edit, block_id: str, blocks: Mapping[str, Block]) -> list[str]:
    """The ids of the templates that show a block, also through other blocks."""
    return [template.template_id for _, template in _users(edit, block_id, blocks)]


def changed_fields(newer: Version, older: Version | None) -> list[str]:
    """The fields in which a version differs from the one before; none in the first."""
    if older is None:
        return []
    now, then = _fields(newer.body), _fields(older.body)
    names = [name for name in {**then, **now} if now.get(name) != then.get(name)]
    return names or ["blocks"]


def _users(
    edit: Edit, block_id: str, blocks: Mapping[str, Block]
) -> Iterator[tuple[Definition, AnyTemplate]]:
    through = users_of(block_id, blocks)
    for row in edit.all("TEMPLATE"):
        if shown_in(_fields(row.body)) & through:
            for _, template in readable(TEMPLATE, [row]):
                yield row, template


def _check_block(block: Block, blocks: Mapping[str, Block]) -> None:
    """Raise InvalidInputError for a block that shows what is not there, or is no Liquid."""
    where = f"block {block.block_id}"
    for language in ("", *block.languages):
        for kind in ("html", "mjml", "text"):
            source = block.source(kind, language)
            place = f"{where} ({language}), {kind}" if language else f"{where}, {kind}"
            whole = in_place(source, kind, blocks, language, place)
            if shown_in(source) and block.block_id in _reached(block.block_id, blocks):
                raise InvalidInputError("blocks go in a circle", where=place)
            try:
                parse(whole, html=kind != "text")
            except LiquidError as error:
                raise InvalidInputError(str(error.message), where=place) from error


def _reached(block_id: str, blocks: Mapping[str, Block]) -> frozenset[str]:
    """The blocks that a block shows, through however many others."""
    found: set[str] = set()
    waiting = [block_id]
    while waiting:
        one = blocks.get(waiting.pop())
        for name in shown_in(one.model_dump()) - found if one else ():
            found.add(name)
            waiting.append(name)
    return frozenset(found)


def _fields(body: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found


def _text(template: AnyTemplate, ready: AnyTemplate) -> str:
    """What is stored of a template as it is sent; empty where that is the template itself."""
    if ready is template:
        return ""
    return to_text(
        ready.model_dump(mode="json", exclude_defaults=True) | {"channel": ready.channel}
    )
