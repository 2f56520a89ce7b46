"""Writes the committed contracts, or with `--check` says which of them no longer fit the code.

docs/openapi/   admin.json, ingest.json and inbox.json, OpenAPI 3.1; roles.md, who may do what
docs/schemas/   what operators write: segments, tags, journeys and so on, JSON Schema
events/schemas/ what is on the bus, JSON Schema
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from events import catalog
from infra.document_schema import document_schema
from shared.domain.channels.providers import Provider
from shared.domain.events import openapi as ingest
from shared.domain.imports.definition import ImportDefinition
from shared.domain.inbox import openapi as inbox
from shared.domain.journeys.definition import Journey
from shared.domain.lifecycle.model import Lifecycle
from shared.domain.messages.blocks import Block
from shared.domain.messages.model import Template
from shared.domain.outbound.model import Destination
from shared.domain.segments.condition import Segment
from shared.domain.tags.model import Tag
from shared.domain.workspace import openapi as admin
from shared.domain.workspace.model import WorkspaceSettings

ROOT: Final = Path(__file__).resolve().parent.parent
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
DEFINITIONS: Final[Mapping[str, Any]] = {
    "segment": Segment,
    "template": Template,
    "block": Block,
    "provider": Provider,
    "destination": Destination,
    "journey": Journey,
    "settings": WorkspaceSettings,
    "tag": Tag,
    "lifecycle": Lifecycle,
    "import": ImportDefinition,
}


def contracts() -> Iterator[tuple[Path, str]]:
    """Every committed contract: its path from the root, and the text that belongs there."""
    yield Path("docs/openapi/admin.json"), _text(admin.document())
    yield Path("docs/openapi/roles.md"), admin.roles()
    yield Path("docs/openapi/ingest.json"), _text(ingest.document())
    yield Path("docs/openapi/inbox.json"), _text(inbox.document())
    for name, model in DEFINITIONS.items():
        schema = {"$schema": DIALECT, **TypeAdapter(model).json_schema()}
        yield Path(f"docs/schemas/{name}.json"), _text(schema)
    document = {"$schema": DIALECT, **document_schema()}
    yield Path("docs/schemas/document.json"), _text(document)
    for name in catalog.EVENTS:
        yield Path(f"events/schemas/{name}.json"), catalog.schema_text(name)


def drifted(root: Path = ROOT) -> list[Path]:
    """The contracts that are not as they should be, and files that are no contract any more."""
    wanted = dict(contracts())
    wrong = [path for path, text in wanted.items() if _read(root / path) != text]
    folders = {path.parent for path in wanted}
    there = {found.relative_to(root) for folder in folders for found in (root / folder).glob("*")}
    return sorted({*wrong, *(there - wanted.keys())})


def write(root: Path = ROOT) -> None:
    """Write all of them."""
    for path, text in contracts():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """The command; gives its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on drift")
    if not parser.parse_args(arguments).check:
        write(root)
        return 0
    wrong = drifted(root)
    for path in wrong:
        sys.stderr.write(f"{path} does not fit the code: run `make schemas` and look at the diff\n")
    return 1 if wrong else 0


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
