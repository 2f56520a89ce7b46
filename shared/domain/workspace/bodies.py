"""What the admin API is sent besides definitions."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.identity.review import Purpose as ReviewPurpose
from shared.domain.identity.rules import IdentityRules
from shared.domain.workspace.keys import WriteKeyKind


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewWriteKey(_Body):
    """Which source a new write key is for; events sent with it carry the source's id.

    A key of kind `server` must never leave your servers: what is sent with it may join two people.
    """

    source_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    kind: WriteKeyKind = "public"


class NewReview(_Body):
    """A `trial` of other rules, or the `adoption` of those in force by people known already."""

    purpose: ReviewPurpose = "trial"
    rules: IdentityRules | None = None
