"""What the admin API answers about providers."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.channels.providers import Provider
from shared.domain.workspace.answers import Outcome, Shaped
from shared.domain.workspace.stories import Instant


class ProviderState(TypedDict):
    """Who carries out a channel."""

    provider: Annotated[dict[str, Any], Shaped(Provider)]
    version: int
    updated_at: Instant


class ProviderAnswer(ProviderState):
    """One provider."""

    success: Literal[True]


class ProviderChanged(ProviderAnswer):
    """One provider after a change."""

    outcome: Outcome


class ProviderList(TypedDict):
    """All providers."""

    success: Literal[True]
    providers: list[ProviderState]
