"""YAML files of definitions: read strictly, each document with its place."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast, get_args

import yaml
from pydantic import TypeAdapter, ValidationError

from cli.errors import CommandError

T = TypeVar("T")

_BLOCK: Final = re.compile(r"\{%-?\s*render\s+[\"']([a-z][a-z0-9_-]*)[\"']")

Kind = Literal[
    "settings", "identity", "provider", "destination", "list", "tag", "segment", "lifecycle",
    "block", "template", "journey", "journey_test",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)  # in the order in which they build on each other
# There is one of each, without an id.
SINGLE: Final = frozenset({"settings", "identity", "lifecycle"})
# These refer to each other in whatever order people write them.
_MINGLED: Final = frozenset({"tag", "segment", "lifecycle"})
_SHOWN: Final = frozenset({"block"})
_STARTED: Final = frozenset({"journey"})


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its place (`journeys.yaml:12`), its kind, and the body for the API."""

    place: str
    kind: Kind
    body: dict[str, Any]
    publish: bool = False

    @property
    def name(self) -> str:
        """The definition's id, of a test its journey's; empty where it is missing or needless."""
        return str(self.body.get(f"{self.kind.removesuffix('_test')}_id", ""))


def body_as(adapter: TypeAdapter[T], document: Document) -> T:
    """The body as the API would take it; raises CommandError with the place of what is wrong."""
    try:
        return adapter.validate_python(document.body)
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(str(part) for part in first["loc"])
        raise CommandError(f"{document.place}: {path}: {first['msg']}") from error


def in_order(documents: Iterable[Document]) -> list[Document]:
    """Documents so that whatever one refers to comes before it, where there is such an order."""
    ordered = sorted(documents, key=lambda one: KINDS.index(one.kind))
    for kinds in (_MINGLED, _SHOWN, _STARTED):
        ordered = _settled(ordered, kinds)
    return ordered


def _settled(ordered: list[Document], kinds: frozenset[str]) -> list[Document]:
    """The same, with documents of these kinds in the order in which they refer to each other."""
    mingled = [one for one in ordered if one.kind in kinds]
    places = {(str(one.kind), one.name): place for place, one in enumerate(mingled)}
    named = {
        place: [places[each] for each in _named(one.body) if places.get(each, place) != place]
        for place, one in enumerate(mingled)
    }
    try:
        sequence = list(TopologicalSorter(named).static_order())
    except CycleError:  # refused by the API, which names the circle
        return ordered
    first = next((place for place, one in enumerate(ordered) if one.kind in kinds), 0)
    others = [one for one in ordered if one.kind not in kinds]
    return [*others[:first], *(mingled[place] for place in sequence), *others[first:]]


def _named(body: object) -> Iterator[tuple[str, str]]:
    """(kind, id) of everything that conditions, steps and texts anywhere in a body refer to."""
    if isinstance(body, str):
        yield from (("block", found[1]) for found in _BLOCK.finditer(body))
    if isinstance(body, dict):
        kind = str(body.get("type")).removeprefix("start_")
        if kind in _MINGLED | _STARTED:
            yield kind, str(body.get(f"{kind}_id", ""))
        for part in body.values():
            yield from _named(part)
    elif isinstance(body, list):
        for part in body:
            yield from _named(part)


class Loader(yaml.SafeLoader):
    """YAML as people mean it: `NO` is a text and not false, a date is a text, keys are unique."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that is there twice, which would silently win over the first."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is not a text", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f'the key "{key}" is there twice', key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


# YAML 1.2's core schema in place of 1.1's, in which `on` is true and 12:30 is 750.
Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?",
        list("-+.0123456789"),
    ),
):
    Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


def read(path: Path) -> Iterator[Document | CommandError]:
    """Every document of a file, or in its place what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        yield CommandError(f"{path}: {error.strerror}")
        return
    except UnicodeDecodeError:
        yield CommandError(f"{path}: this is not UTF-8")
        return
    loader = Loader(text)
    while node := _next_node(loader, path):
        if isinstance(node, CommandError):
            yield node
            return
        try:
            body = loader.construct_document(node)
        except yaml.YAMLError as error:
            yield _said(path, error)
        else:
            if body is not None:
                yield _document(f"{path}:{node.start_mark.line + 1}", body)


def read_all(paths: Iterable[Path]) -> list[Document]:
    """Every document of the files; raises CommandError at the first that cannot be read."""
    documents: list[Document] = []
    for found in (found for path in paths for found in read(path)):
        if not isinstance(found, Document):
            raise found
        documents.append(found)
    return documents


def _next_node(loader: Loader, path: Path) -> yaml.Node | CommandError | None:
    try:
        return loader.get_node() if loader.check_node() else None
    except yaml.YAMLError as error:
        return _said(path, error)
    except RecursionError:
        return CommandError(f"{path}: this is nested too deep")


def _said(path: Path, error: yaml.YAMLError) -> CommandError:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return CommandError(f"{path}:{error.problem_mark.line + 1}: {error.problem}")
    return CommandError(f"{path}: this is not YAML")


def _document(place: str, body: object) -> Document | CommandError:
    if not isinstance(body, dict):
        return CommandError(f"{place}: a document is a mapping that begins with `kind:`")
    kind, publish = body.pop("kind", None), body.pop("publish", False)
    if kind not in KINDS:
        return CommandError(f"{place}: kind is one of {', '.join(KINDS)}")
    if not isinstance(publish, bool) or (publish and kind != "journey"):
        return CommandError(f"{place}: publish is true or false, and only a journey has it")
    document = Document(place, cast("Kind", kind), body, publish)
    if kind not in SINGLE and not document.name:
        named = kind.removesuffix("_test")
        return CommandError(f"{place}: {named}_id is missing")
    return document
