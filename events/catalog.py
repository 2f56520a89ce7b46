"""Every domain event by name, with its JSON Schema; `schemas/` holds the schemas as committed.

`samples/` holds one envelope's detail for each event, for readers and for tests of consumers.
"""

import json
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel

from events.model import DomainEvent

_ROOM: Final = Path(__file__).parent
SCHEMAS: Final = _ROOM / "schemas"
SAMPLES: Final = _ROOM / "samples"

_UNION: Final = get_args(DomainEvent)[0]
EVENTS: Final[dict[str, type[BaseModel]]] = {
    model.model_fields["name"].default: model for model in get_args(_UNION)
}
"""The `detail-type` on the bus → the model of its detail."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of what is published; raises KeyError on an unknown name."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **EVENTS[name].model_json_schema(mode="serialization"),
    }


def schema_text(name: str) -> str:
    """The schema as it is committed."""
    return json.dumps(schema(name), ensure_ascii=False, indent=2) + "\n"


def write_schemas(folder: Path = SCHEMAS) -> None:
    """Write every schema to `<folder>/<name>.json`."""
    folder.mkdir(exist_ok=True)
    for name in EVENTS:
        (folder / f"{name}.json").write_text(schema_text(name))
