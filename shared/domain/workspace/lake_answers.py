"""What the admin API is asked and answers about the lake."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

MAX_ROWS = 1_000


class LakeQuery(BaseModel):
    """One SELECT over the view `people_events`, or over `events` and `identities` behind it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sql: Annotated[str, Field(min_length=1, max_length=100_000)]
    max_rows: Annotated[int, Field(ge=1, le=MAX_ROWS)] = 100


class LakeRows(TypedDict):
    """The rows by column name: every value as text, or null."""

    success: Literal[True]
    rows: list[dict[str, str | None]]
