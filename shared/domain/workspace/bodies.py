"""What the admin API is sent besides definitions."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewWriteKey(_Body):
    """Which source a new write key is for; events sent with it carry the source's id."""

    source_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class ConsentDecision(_Body):
    """What a person said to an operator about one purpose."""

    granted: StrictBool


class Suppression(_Body):
    """Why an address must not be written to."""

    reason: Annotated[str, Field(min_length=1, max_length=200)] = "operator"
