"""The definitions among documents: what conditions in these files can stand for."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter

from cli.documents import Document, body_as
from cli.errors import CommandError
from shared.domain.lifecycle.model import Lifecycle
from shared.domain.messages.blocks import Block
from shared.domain.messages.model import TEMPLATE, AnyTemplate
from shared.domain.segments.condition import Segment
from shared.domain.segments.expand import Definitions
from shared.domain.tags.model import Tag
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError

_SEGMENT: Final = TypeAdapter[Segment](Segment)
_TAG: Final = TypeAdapter[Tag](Tag)
_LIFECYCLE: Final = TypeAdapter[Lifecycle](Lifecycle)
_BLOCK: Final = TypeAdapter[Block](Block)
_SETTINGS: Final = TypeAdapter[WorkspaceSettings](WorkspaceSettings)


def blocks_among(documents: Iterable[Document]) -> dict[str, Block]:
    """The content blocks by their ids; raises CommandError for what cannot be read."""
    return {one.name: body_as(_BLOCK, one) for one in documents if one.kind == "block"}


def templates_among(documents: Iterable[Document]) -> dict[str, AnyTemplate]:
    """The templates as they are sent, with the blocks among the documents in their places.

    Raises CommandError with the place of what cannot be sent.
    """
    from shared.domain.messages.compiling import compile_template

    known = list(documents)
    blocks = blocks_among(known)
    found = {}
    for one in (one for one in known if one.kind == "template"):
        try:
            found[one.name] = compile_template(body_as(TEMPLATE, one), blocks)
        except InvalidInputError as error:
            raise CommandError(f"{one.place}: {error}") from error
    return found


def definitions_among(documents: Iterable[Document]) -> Definitions:
    """Segments, tags, the lifecycle and settings; raises CommandError for what cannot be read."""
    kinds: dict[str, list[Document]] = {}
    for document in documents:
        kinds.setdefault(document.kind, []).append(document)
    rest: dict[str, Any] = {}
    for one in kinds.get("lifecycle", ()):
        rest["lifecycle"] = body_as(_LIFECYCLE, one)
    for one in kinds.get("settings", ()):
        rest["settings"] = body_as(_SETTINGS, one)
    return Definitions(
        segments={one.name: body_as(_SEGMENT, one).condition for one in kinds.get("segment", ())},
        tags={one.name: body_as(_TAG, one) for one in kinds.get("tag", ())},
        lists={one.name for one in kinds.get("list", ())},
        journeys={one.name for one in kinds.get("journey", ())},
        templates={one.name for one in kinds.get("template", ())},
        **rest,
    )
