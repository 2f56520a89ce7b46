"""The definitions among documents: what conditions in these files can stand for."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter

from cli.documents import Document, body_as
from shared.domain.lifecycle.model import Lifecycle
from shared.domain.segments.condition import Segment
from shared.domain.segments.expand import Definitions
from shared.domain.tags.model import Tag
from shared.domain.workspace.model import WorkspaceSettings

_SEGMENT: Final = TypeAdapter[Segment](Segment)
_TAG: Final = TypeAdapter[Tag](Tag)
_LIFECYCLE: Final = TypeAdapter[Lifecycle](Lifecycle)
_SETTINGS: Final = TypeAdapter[WorkspaceSettings](WorkspaceSettings)


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
