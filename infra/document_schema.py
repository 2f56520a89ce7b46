"""The JSON Schema of what `rapport apply` reads, for editors: any document of a YAML file.

A document is a definition with its `kind` beside the fields; a journey may say `publish` as well.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from shared.domain.channels.providers import Provider
from shared.domain.identity.rules import IdentityRules
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.trial import JourneyTest
from shared.domain.lifecycle.model import Lifecycle
from shared.domain.lists.model import ListDefinition
from shared.domain.messages.blocks import Block
from shared.domain.messages.model import Template
from shared.domain.outbound.model import Destination
from shared.domain.segments.condition import Segment
from shared.domain.tags.model import Tag
from shared.domain.workspace.model import WorkspaceSettings

Schema = dict[str, Any]

_KINDS: Final[Mapping[str, Any]] = {
    "settings": WorkspaceSettings,
    "identity": IdentityRules,
    "provider": Provider,
    "destination": Destination,
    "list": ListDefinition,
    "tag": Tag,
    "segment": Segment,
    "lifecycle": Lifecycle,
    "block": Block,
    "template": Template,
    "journey": Journey,
    "journey_test": JourneyTest,
}
_PREFIX: Final = "#/$defs/"
_MODE: Final[Literal["validation"]] = "validation"


def document_schema() -> Schema:
    """One schema for all kinds of documents."""
    wanted: list[tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        (kind, _MODE, TypeAdapter(model)) for kind, model in _KINDS.items()
    ]
    found, shared = TypeAdapter.json_schemas(wanted)
    defs: Schema = shared.get("$defs", {})
    bodies = {kind: found[kind, _MODE] for kind in _KINDS}
    documents = {
        f"{kind}_document{place or ''}": _with_kind(kind, body)
        for kind, schema in bodies.items()
        for place, body in enumerate(_variants(schema, defs))
    }
    return {
        "title": "Document",
        "description": "A document of a file for `rapport apply`.",
        "type": "object",
        "required": ["kind"],
        "oneOf": [{"$ref": f"{_PREFIX}{name}"} for name in documents],
        "$defs": {**defs, **documents},
    }


def _variants(schema: Schema, defs: Schema) -> list[Schema]:
    """The objects that a schema stands for: itself, or the members of a union."""
    if "$ref" in schema:
        return _variants(defs[schema["$ref"].removeprefix(_PREFIX)], defs)
    if "oneOf" in schema:
        return [one for member in schema["oneOf"] for one in _variants(member, defs)]
    return [schema]


def _with_kind(kind: str, body: Schema) -> Schema:
    more: Schema = {"kind": {"const": kind, "description": "What the document is."}}
    if kind == "journey":
        said = "Let people enter it when it is applied."
        more["publish"] = {"type": "boolean", "default": False, "description": said}
    return {
        **body,
        "properties": {**more, **body.get("properties", {})},
        "required": ["kind", *body.get("required", ())],
    }
