"""What the admin API answers about lists."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.lists.model import ListDefinition
from shared.domain.workspace.answers import Outcome, Shaped
from shared.domain.workspace.stories import Instant


class ListState(TypedDict):
    """A list; who is on it is asked by a segment with a `list` condition."""

    list: Annotated[dict[str, Any], Shaped(ListDefinition)]
    version: int
    updated_at: Instant


class ListAnswer(ListState):
    """One list."""

    success: Literal[True]


class ListChanged(ListAnswer):
    """One list after a change."""

    outcome: Outcome


class ListOfLists(TypedDict):
    """All lists."""

    success: Literal[True]
    lists: list[ListState]
