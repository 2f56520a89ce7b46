"""Questions to the event history."""

from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.domain.workspace import lake_answers as answers
from shared.errors import TooLargeError

# The gateway gives up after 30 seconds, and Lambda sends at most 6 MB.
PATIENCE_SECONDS: Final = 20.0
MAX_CHARACTERS: Final = 1_000_000

_QUERY: Final = TypeAdapter(answers.LakeQuery)


def query_lake(ports: Ports, call: Call) -> answers.LakeRows:
    """Run one query; its role may read the lake, and nothing else."""
    asked = parse(_QUERY, call.body)
    rows = ports.lake.query(asked.sql, max_rows=asked.max_rows, patience=PATIENCE_SECONDS)
    if sum(len(value or "") for row in rows for value in row.values()) > MAX_CHARACTERS:
        raise TooLargeError(
            f"the rows have more than {MAX_CHARACTERS:,} characters",
            hint="ask for fewer columns or rows",
        )
    return {"success": True, "rows": rows}
