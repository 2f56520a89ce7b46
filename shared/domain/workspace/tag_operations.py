"""What the admin API does with tags and the lifecycle."""

from typing import Final

from shared.domain.lifecycle.model import Lifecycle
from shared.domain.tags.model import Tag
from shared.domain.workspace import tag_answers as answers
from shared.domain.workspace.bodies import TagValues
from shared.domain.workspace.operation import AT, BACKFILL, Operation, Query

_PERSON: Final = (
    Query("kind", "kind of the identifier: user_id, anonymous_id, or profile_id itself", True),
    Query("value", "the identifier", True),
)
_HOLDERS: Final = (
    Query("value", "the value; any unless said otherwise"),
    AT,
    Query("limit", "how many ids: 1 to 200, 50 unless said otherwise"),
    Query("cursor", "from here on; taken from the answer before"),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_tags", "GET", "/tags", "All tags.", answers.TagList),
    Operation("get_tag", "GET", "/tags/{tag_id}", "One tag.", answers.TagAnswer),
    Operation("put_tag", "PUT", "/tags/{tag_id}", "Create or replace a tag.",
              answers.TagChanged, Tag, query=BACKFILL),
    Operation("delete_tag", "DELETE", "/tags/{tag_id}",
              "Delete a tag, unless something refers to it.", answers.Deleted),
    Operation("get_tag_history", "GET", "/tags/{tag_id}/history",
              "Every value that a tag had for one person, since when and because of what.",
              answers.TagHistory, query=_PERSON),
    Operation("list_tag_holders", "GET", "/tags/{tag_id}/holders",
              "Who holds a value of a tag, or held it at an instant, by the tag as it is today and "
              "by what is known of that instant today.", answers.HoldersAnswer, query=_HOLDERS),
    Operation("get_tag_values", "GET", "/profiles/tags",
              "What every tag said of one person at an instant.", answers.TagValuesAt,
              query=(*_PERSON, AT)),
    Operation("recompute_tag", "POST", "/tags/{tag_id}/recompute",
              "Compute the thresholds of a tag about shares of buyers anew, then judge everybody.",
              answers.Recomputing, query=BACKFILL),
    Operation("set_tag_values", "POST", "/tags/{tag_id}/values",
              "Say which value a manual tag has for people: an event in each one's timeline.",
              answers.Said, TagValues),
    Operation("get_lifecycle", "GET", "/lifecycle", "The stages of the lifecycle.",
              answers.LifecycleAnswer),
    Operation("put_lifecycle", "PUT", "/lifecycle", "Replace the stages of the lifecycle.",
              answers.LifecycleChanged, Lifecycle, query=BACKFILL),
)  # fmt: skip
