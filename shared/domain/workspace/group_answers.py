"""What the admin API answers about groups."""

from typing import Literal

from typing_extensions import TypedDict

from shared.domain.workspace.stories import Instant, TraitStory


class GroupMember(TypedDict):
    """A person who belongs to a group, since when."""

    profile_id: str
    since: Instant


class GroupAnswer(TypedDict):
    """A group and a page of its members; `cursor` asks for the next one.

    A person of several strands may come on several pages, once on each.
    """

    success: Literal[True]
    group_id: str
    traits: dict[str, TraitStory]
    members: list[GroupMember]
    cursor: str | None
