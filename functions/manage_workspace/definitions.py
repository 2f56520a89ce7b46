"""What segments, templates and journeys have in common: reading a body, and putting it once."""

import json
from dataclasses import replace
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call
from shared.aws.catalog import Kind
from shared.aws.catalog_writer import Definition, Edit, Version
from shared.aws.meanings import M
from shared.domain.lists.model import ListDefinition
from shared.domain.text import to_text
from shared.domain.workspace.answers import Outcome
from shared.errors import InvalidInputError, NotFoundError

LIST: Final[TypeAdapter[ListDefinition]] = TypeAdapter(ListDefinition)


def read(adapter: TypeAdapter[M], call: Call, id_field: str) -> M:
    """Check the body; its id may be left out and otherwise is the one in the path."""
    if not isinstance(call.body, dict):
        raise InvalidInputError("the body is a JSON object")
    named = call.path[id_field]
    if call.body.get(id_field, named) != named:
        raise InvalidInputError(f"the path says {named!r}", where=id_field)
    return parse(adapter, {**call.body, id_field: named})


def find(edit: Edit, kind: Kind, definition_id: str) -> Definition:
    """The definition as it is now; raises NotFoundError."""
    definition = edit.find(kind, definition_id)
    if definition is None:
        raise NotFoundError(f"there is no {kind.lower()} {definition_id!r}")
    return definition


def put(
    edit: Edit, adapter: TypeAdapter[M], wanted: Definition, model: M
) -> tuple[Outcome, Definition]:
    """Store the model as the next version of `wanted`, unless it says what is stored already."""
    before = edit.find(wanted.kind, wanted.definition_id)
    if before and means(adapter, before.body, model):
        return "unchanged", before
    after = stage(edit, before, wanted, model)
    edit.commit()
    return ("updated" if before else "created"), after


def stage(
    edit: Edit, before: Definition | None, wanted: Definition, model: BaseModel, ready: str = ""
) -> Definition:
    """Stage the model as the next version of what is there already, else as a first one.

    `ready` is the text of a template as it is sent, where that is another one.
    What was deleted and comes back goes on counting, so that a version is always one text.
    """
    body = to_text(model.model_dump(mode="json", exclude_unset=True))
    if before:
        return edit.put_version(replace(before, body=body, ready=ready, version=before.version + 1))
    version = edit.last_version(wanted.kind, wanted.definition_id) + 1
    return edit.put_version(replace(wanted, body=body, ready=ready, version=version))


def content(definition: Definition | Version) -> dict[str, Any]:
    """The definition itself, as it was put."""
    body: dict[str, Any] = json.loads(definition.body)
    return body


def means(adapter: TypeAdapter[M], body: str, model: M) -> bool:
    """Whether a stored body is this model, however each of them is written."""
    try:
        return adapter.validate_json(body) == model
    except ValidationError:  # written under an older contract
        return False
