"""What the admin API answers about consents and suppressed addresses."""

from typing import Literal

from typing_extensions import TypedDict

from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.stories import ConsentStory, Instant


class LedgerStory(TypedDict):
    """A decision as it was made; `strand` is the part of the person that made it.

    `address` is where words of the person came from, `detail` the words.
    """

    strand: str
    purpose: str
    topic: str | None
    channel: str | None
    granted: bool
    at: Instant
    source: str
    evidence: str
    address: str | None
    detail: str | None


class ConsentsAnswer(TypedDict):
    """What holds for a person, and how it came to that, the newest first."""

    success: Literal[True]
    profile_id: str
    in_force: list[ConsentStory]
    ledger: list[LedgerStory]


class ConsentAnswer(TypedDict):
    """A consent as it is now."""

    success: Literal[True]
    outcome: Outcome
    consent: ConsentStory


class SuppressionStory(TypedDict):
    """An address that is not written to; null once its person was erased."""

    address: str | None
    reason: str
    source: str | None
    since: Instant


class SuppressionList(TypedDict):
    """Suppressed addresses in no order that means anything."""

    success: Literal[True]
    suppressions: list[SuppressionStory]
    cursor: str | None


class SuppressionAnswer(TypedDict):
    """Whether an address is suppressed now."""

    success: Literal[True]
    outcome: Outcome
    channel: str
    address: str
    suppressed: bool
