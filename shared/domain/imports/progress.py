"""How far an import is: its states, its counts, and the place at which it goes on."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from shared.domain.imports.definition import ImportDefinition
from shared.domain.imports.reading import Position

Status = Literal["awaiting_file", "queued", "running", "completed", "failed"]
OPEN: Final[frozenset[Status]] = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One import.

    `rows` were read, of which `rejected` could not be taken; counting follows the checkpoint, so
    both are exact whatever was done twice. `size` is the file's own, in bytes, of which `read` were
    read; `offset` counts uncompressed ones. `file_tag` is the file's own mark, which another
    content would not have. `reason` says why an import failed.
    """

    workspace_id: str
    import_id: str
    definition: ImportDefinition
    file_key: str
    file_name: str
    timezone: str
    created_at: datetime
    updated_at: datetime
    status: Status = "awaiting_file"
    dry_run: bool = False
    offset: int = 0
    line: int = 1
    rows: int = 0
    rejected: int = 0
    size: int = 0
    read: int = 0
    file_tag: str = ""
    reason: str = ""

    @property
    def position(self) -> Position:
        """Where the next row begins."""
        return Position(self.offset, self.line)

    def further(self, after: Position, *, rows: int, rejected: int, read: int) -> "Import":
        """The import once a chunk of rows is done; `read` bytes of the file were read by then."""
        return replace(
            self,
            status="running",
            offset=after.offset,
            line=after.line,
            rows=self.rows + rows,
            rejected=self.rejected + rejected,
            read=max(read, self.read),
        )
