"""What the admin API answers about identity."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.identity.review import Purpose, Stage
from shared.domain.identity.rules import IdentityRules
from shared.domain.workspace.answers import Outcome as Outcome
from shared.domain.workspace.answers import Shaped
from shared.domain.workspace.stories import Instant


class IdentityRulesAnswer(TypedDict):
    """The rules as they are now."""

    success: Literal[True]
    rules: Annotated[dict[str, Any], Shaped(IdentityRules)]


class IdentityRulesChanged(IdentityRulesAnswer):
    """The rules after a change."""

    outcome: Outcome


class UserHashKeyAnswer(TypedDict):
    """The key of user hashes; it belongs on servers only."""

    success: Literal[True]
    user_hash_key: str


class ReviewState(TypedDict):
    """A review of identity rules: how far, what changed, and what a trial found."""

    review_id: str
    purpose: Purpose
    stage: Stage
    requested_at: Instant
    finished_at: Instant | None
    counts: dict[str, int]
    report: dict[str, Any] | None


class ReviewAnswer(TypedDict):
    """One review."""

    success: Literal[True]
    review: ReviewState
