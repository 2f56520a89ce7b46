"""What the admin API is sent and answers about imports."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from shared.domain.imports.definition import ImportDefinition, Kind
from shared.domain.imports.progress import Status
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.stories import Instant


class NewImport(BaseModel):
    """A file to import.

    With `file_key` the file lies in the bucket of imports already; without it the answer says where
    to upload it. The same `import_id` again is the same import, so that a repetition doubles
    nothing. A dry run applies nothing, and counts and names what would be rejected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    import_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    file_name: Annotated[str, Field(pattern=r"^[^/\x00-\x1f\x7f]{1,200}$")]
    file_key: Annotated[str, Field(min_length=1, max_length=900)] | None = None
    dry_run: bool = False
    definition: ImportDefinition


class ImportState(TypedDict):
    """An import; of `rows` that were read, `rejected` could not be taken.

    `size` is the file's own in bytes, of which `read` were read. `rejected_url` gives the file of
    rejected rows for an hour, once the import is over; not in the list of all imports. `reason`
    says why an import failed.
    """

    import_id: str
    status: Status
    kind: Kind
    file_name: str
    dry_run: bool
    created_at: Instant
    updated_at: Instant
    rows: int
    rejected: int
    size: int
    read: int
    reason: str
    rejected_url: str | None


class ImportAnswer(TypedDict):
    """One import."""

    success: Literal[True]
    imported: ImportState


class ImportChanged(ImportAnswer):
    """An import that was made or started; `upload_url` takes the file by PUT within an hour."""

    outcome: Outcome
    upload_url: str | None


class ImportList(TypedDict):
    """A page of all imports, in no order; `cursor` asks for the next one."""

    success: Literal[True]
    imports: list[ImportState]
    cursor: str | None
