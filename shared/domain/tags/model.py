"""The definition of a tag: its place in the hierarchy, who answers for it, and how it follows."""

from typing import Annotated, Literal

from pydantic import Field

from shared.domain.segments.nodes.base import DefinitionId, StrictModel
from shared.domain.tags.kinds import (
    FavouriteTag,
    FirstLastTag,
    ManualTag,
    RatioTag,
    RfmTag,
    RuleTag,
    StatisticTag,
    TagKind,
    Title,
)

Family = Literal["attribute", "behaviour", "lifecycle", "value"]

# A path of at most five parts, such as `behaviour/browsing`.
Category = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}(/[a-z][a-z0-9_-]{0,63}){0,4}$")]


class Tag(StrictModel):
    """A tag; operators see `title`, code and tables see `tag_id`.

    The hierarchy is category, tag, values. `meaning` says in words what the tag is for, `owner`
    who answers questions about it, and `how` where its value comes from.
    """

    tag_id: DefinitionId
    title: Title
    title_zh: Title | None = None
    category: Category
    family: Family
    owner: Annotated[str, Field(max_length=200)] = ""
    meaning: Annotated[str, Field(max_length=1_000)] = ""
    how: Annotated[TagKind, Field(discriminator="type")]


__all__ = [
    "FavouriteTag", "FirstLastTag", "ManualTag", "RatioTag", "RfmTag", "RuleTag", "StatisticTag",
    "Tag", "TagKind",
]  # fmt: skip
