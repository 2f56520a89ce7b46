"""The definition of a list; who is on it is said by events, one for each change."""

from typing import Annotated

from pydantic import Field

from shared.domain.segments.nodes.base import DefinitionId, StrictModel


class ListDefinition(StrictModel):
    """A list; operators see `title`, code and tables see `list_id`."""

    list_id: DefinitionId
    title: Annotated[str, Field(min_length=1, max_length=200)]
    title_zh: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    meaning: Annotated[str, Field(max_length=1_000)] = ""
