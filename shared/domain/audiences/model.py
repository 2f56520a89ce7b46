"""An audience that was asked for: who matches a condition at an instant, as a file or on a list."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, TypeAdapter

from shared.domain.segments.condition import Condition, Node

Format = Literal["csv", "jsonl", "google_customer_match", "meta_custom_audience"]
WithoutConsent = Literal["exclude", "include"]
Status = Literal["running", "done", "failed"]

AD_FORMATS: Final[frozenset[Format]] = frozenset({"google_customer_match", "meta_custom_audience"})
# As long as the bucket keeps the files.
KEPT: Final = timedelta(days=7)
MAX_FIELDS: Final = 50

Fields = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=MAX_FIELDS)
]
CONDITION: Final[TypeAdapter[Node]] = TypeAdapter(Condition)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """One audience and what came of it.

    With a `list_id` everybody is put on that list; else a file is written in `format`. `condition`
    is its JSON text. `people` matched; of them `written` are in the file or on the list,
    `without_consent` did not agree to marketing, and `without_address` have nothing that an
    advertising platform could match. `reason` says why it failed.
    """

    audience_id: str
    condition: str
    at: datetime
    format: Format = "csv"
    fields: tuple[str, ...] = field(default=())
    without_consent: WithoutConsent = "exclude"
    list_id: str = ""
    status: Status = "running"
    people: int = 0
    written: int = 0
    left_without_consent: int = 0
    left_without_address: int = 0
    size: int | None = None
    reason: str = ""

    @property
    def expires_at(self) -> datetime:
        """When row and file are deleted."""
        return self.at + KEPT
