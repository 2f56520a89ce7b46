"""`rapport journey pull`: journeys and all that they name, as YAML that `rapport apply` takes."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from pydantic import TypeAdapter
from rich.console import Console

from cli.client import AdminClient
from cli.documents import KINDS, Kind
from cli.errors import ApiError
from cli.yaml_text import yaml_of
from shared.domain.journeys.definition import Journey
from shared.domain.lifecycle.model import Lifecycle
from shared.domain.lists.model import ListDefinition
from shared.domain.messages.blocks import Block, shown_in
from shared.domain.messages.model import TEMPLATE
from shared.domain.segments.condition import Segment
from shared.domain.tags.model import Tag

OUT = Console(highlight=False, soft_wrap=True, markup=False)
ERR = Console(highlight=False, soft_wrap=True, markup=False, stderr=True)

# In these models fields come in the order in which people read them.
_MODELS: Final[Mapping[Kind, TypeAdapter[Any]]] = {
    "list": TypeAdapter(ListDefinition),
    "tag": TypeAdapter(Tag),
    "segment": TypeAdapter(Segment),
    "lifecycle": TypeAdapter(Lifecycle),
    "block": TypeAdapter(Block),
    "template": TEMPLATE,
    "journey": TypeAdapter(Journey),
}
_IDS: Final[Mapping[str, Kind]] = {
    "list_id": "list",
    "tag_id": "tag",
    "segment_id": "segment",
    "template_id": "template",
}
_NOT_FOUND: Final = 404


class Name(NamedTuple):
    """A definition; the lifecycle has no id."""

    kind: Kind
    definition_id: str = ""


def pull(
    ctx: typer.Context,
    journey_ids: Annotated[
        list[str] | None, typer.Argument(help="ids of journeys; all of them unless told")
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--to", help="a folder for the files; unless told, all is printed"),
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="the newest versions, not those that people meet")
    ] = False,
) -> None:
    """Write journeys with the segments, tags, lists and templates that they name as YAML."""
    client = ctx.obj.client
    found = pulled(client, journey_ids or _all(client), draft=draft)
    if to is None:
        OUT.print("---\n".join(yaml_of(one) for one in found.values()), end="")
        return
    to.mkdir(parents=True, exist_ok=True)
    for kind in KINDS:
        documents = [one for name, one in found.items() if name.kind == kind]
        if documents:
            file = to / f"{kind if kind == 'lifecycle' else f'{kind}s'}.yaml"
            file.write_text("---\n".join(yaml_of(one) for one in documents), encoding="utf-8")
            OUT.print(f"{file}: {len(documents)}")


def _all(client: AdminClient) -> list[str]:
    return [one["journey"]["journey_id"] for one in client.get("journeys")["journeys"]]


def pulled(
    client: AdminClient, journey_ids: Iterable[str], *, draft: bool = False
) -> Mapping[Name, Mapping[str, Any]]:
    """The documents by name, in the order in which they build on each other.

    Raises ApiError for a journey that is not there; what a journey names in vain is left out.
    """
    found: dict[Name, Mapping[str, Any]] = {}
    asked = [Name("journey", journey_id) for journey_id in dict.fromkeys(journey_ids)]
    waiting = deque(asked)
    while waiting:
        name = waiting.popleft()
        if name in found:
            continue
        document = (
            _journey(client, name.definition_id, draft=draft)
            if name in asked
            else _named(client, name, draft=draft)
        )
        if document is not None:
            found[name] = document
            waiting.extend(names_in(document))
    order = sorted(found, key=lambda name: (KINDS.index(name.kind), name.definition_id))
    return {name: found[name] for name in order}


def _journey(client: AdminClient, journey_id: str, *, draft: bool) -> Mapping[str, Any]:
    """A journey's document; it is published where it is the version that people meet."""
    newest = client.get("journeys", journey_id)
    met, told = newest["published_version"], newest
    publish = newest["status"] == "published" and met == newest["version"]
    if met is not None and not draft and met != newest["version"]:
        told = client.get("journeys", journey_id, version="published")
        publish = newest["status"] == "published"
    named = {"kind": "journey", **({"publish": True} if publish else {})}
    return {**named, **_readable("journey", told["journey"])}


def _named(client: AdminClient, name: Name, *, draft: bool) -> Mapping[str, Any] | None:
    """The document of what another one names; None where there is nothing to write."""
    try:
        if name.kind == "journey":
            return _journey(client, name.definition_id, draft=draft)
        many = (f"{name.kind}s", name.definition_id)
        answer = client.get(*(("lifecycle",) if name.kind == "lifecycle" else many))
    except ApiError as error:
        if error.status != _NOT_FOUND:
            raise
        ERR.print(f"rapport: there is no {name.kind} {name.definition_id}", style="yellow")
        return None
    # Version 0 is the lifecycle that holds until somebody puts one.
    if not answer["version"]:
        return None
    return {"kind": name.kind, **_readable(name.kind, answer[name.kind])}


def names_in(body: object) -> Iterator[Name]:
    """Every definition that a body names; of journeys those that a step starts."""
    if isinstance(body, str):
        yield from (Name("block", name) for name in shown_in(body))
    if isinstance(body, list):
        for part in body:
            yield from names_in(part)
    if not isinstance(body, dict):
        return
    yield from _named_by_ids(body)
    if body.get("type") == "start_journey" and isinstance(body.get("journey_id"), str):
        yield Name("journey", body["journey_id"])
    if body.get("type") == "lifecycle" or "stage" in body:
        yield Name("lifecycle")
    if body.get("type") == "update":
        yield from (Name("tag", tag_id) for tag_id in body.get("tags", ()))
        yield from (Name("list", list_id) for list_id in body.get("lists", ()))
    for part in body.values():
        yield from names_in(part)


def _named_by_ids(body: Mapping[str, Any]) -> Iterator[Name]:
    for field, kind in _IDS.items():
        if isinstance(body.get(field), str):
            yield Name(kind, body[field])


def _readable(kind: Kind, body: object) -> dict[str, Any]:
    """The body with its fields in the order of its model, and none that nobody has set."""
    model = _MODELS[kind].validate_python(body)
    told: dict[str, Any] = _MODELS[kind].dump_python(model, mode="json", exclude_unset=True)
    return told
