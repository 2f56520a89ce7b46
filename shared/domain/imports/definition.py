"""What an import is told: what the rows are, how the file is written, which column is what."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from shared.domain.events.own import not_own_source
from shared.domain.workspace.purposes import ConsentPurpose

Kind = Literal["profiles", "identifiers", "consents", "events"]
FileFormat = Literal["csv", "jsonl", "parquet"]
ValueType = Literal["as_is", "text", "number", "boolean", "instant", "json"]

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_KindName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Identifier(_Part):
    """The column names the person; its kind is fixed, or stands in another column of the row."""

    to: Literal["identifier"]
    kind: _KindName | None = None
    kind_column: _Name | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.kind is None) == (self.kind_column is None):
            raise ValueError("an identifier needs either kind or kind_column")
        return self


class Value(_Part):
    """The column is a trait of the person or a property of the event.

    `as_is` keeps what the file says: texts in CSV, JSON's own types in JSON Lines. Numbers must be
    asked for, because an article number that begins with a zero is none.
    """

    to: Literal["trait", "property"]
    name: _Name
    type: ValueType = "as_is"


class Said(_Part):
    """The column is a part of the event or of the consent itself."""

    to: Literal["event", "message_id", "purpose", "topic", "channel", "granted"]


class Time(_Part):
    """The column says when it happened, in one of `formats` or in a way that is told by itself.

    Formats are written as Python's `strptime` reads them, such as `%d/%m/%Y %H:%M`; `epoch` is
    seconds and `epoch_ms` milliseconds since 1970.
    """

    to: Literal["at"]
    formats: tuple[Annotated[str, Field(min_length=2, max_length=60)], ...] = ()


class Ignored(_Part):
    """The column does not matter."""

    to: Literal["ignore"]


Column = Annotated[Identifier | Value | Said | Time | Ignored, Field(discriminator="to")]


class Constants(_Part):
    """What all rows have in common and no column says."""

    event: _Name | None = None
    purpose: ConsentPurpose | None = None
    topic: _Name | None = None
    channel: _Name | None = None
    granted: bool | None = None


class ImportDefinition(_Part):
    """How to read a file.

    Columns that are not named under `columns` are told by their names when `guess` is on, and are
    ignored otherwise. `timezone` is that of times without an offset; the workspace's when empty.
    """

    kind: Kind
    source_id: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$"), AfterValidator(not_own_source)
    ] = "import"
    format: FileFormat = "csv"
    encoding: Literal["auto", "utf-8", "gb18030"] = "auto"
    delimiter: Literal["auto", ",", ";", "\t", "|", "whitespace"] = "auto"
    header: bool = True
    columns: dict[_Name, Column] = Field(default_factory=dict, max_length=1000)
    constants: Constants = Constants()
    guess: bool = True
    timezone: str = ""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            if name:
                ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(f"{name!r} is not an IANA time zone such as Asia/Shanghai") from error
        return name
