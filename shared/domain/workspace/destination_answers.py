"""What the admin API answers about destinations."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.outbound.model import Destination
from shared.domain.workspace.answers import Outcome, Shaped
from shared.domain.workspace.stories import Instant


class DestinationState(TypedDict):
    """Where events go, and which."""

    destination: Annotated[dict[str, Any], Shaped(Destination)]
    version: int
    updated_at: Instant


class DestinationAnswer(DestinationState):
    """One destination."""

    success: Literal[True]


class DestinationChanged(DestinationAnswer):
    """One destination after a change."""

    outcome: Outcome


class DestinationList(TypedDict):
    """All destinations."""

    success: Literal[True]
    destinations: list[DestinationState]
