"""What the admin API answers about identity."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.identity.graph import Proof
from shared.domain.identity.resolution import Reason
from shared.domain.identity.review import Purpose, Stage
from shared.domain.identity.rules import IdentityRules
from shared.domain.workspace.answers import Outcome as Outcome
from shared.domain.workspace.answers import Shaped
from shared.domain.workspace.stories import Bilingual, Instant


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


class IdentifierName(TypedDict):
    """An identifier as people are known by it."""

    kind: str
    value: str


class LinkStory(TypedDict):
    """A link with its evidence, in words too; `reason` says why it does not count."""

    left: IdentifierName
    right: IdentifierName
    at: Instant
    message_id: str
    source_id: str
    rule: str
    proof: Proof
    reason: Reason | None
    text: Bilingual


class IdentifierReason(IdentifierName):
    """Why an identifier is this person: the links to it from the strongest one, which has none."""

    first_at: Instant
    because: list[LinkStory]


class Explanation(TypedDict):
    """Why these identifiers are one person, and why others are not; the newest disputes first.

    `disputes` is null when there are too many to look at.
    """

    profile_id: str
    identifiers: list[IdentifierReason]
    disputes: list[LinkStory] | None


class ExplanationAnswer(TypedDict):
    """Why somebody is one person."""

    success: Literal[True]
    explanation: Explanation


class ProfileIdentifiers(TypedDict):
    """A person and what it is known by."""

    profile_id: str
    identifiers: list[IdentifierName]


class IdentityChanged(TypedDict):
    """The people of the identifiers that were named, as they are now.

    `held_by` is what still holds together what was cut: cut that, too.
    """

    success: Literal[True]
    outcome: Outcome
    profiles: list[ProfileIdentifiers]
    held_by: list[LinkStory]
