"""What the admin API does with tags and the lifecycle."""

from typing import Final

from shared.domain.lifecycle.model import Lifecycle
from shared.domain.tags.model import Tag
from shared.domain.workspace import tag_answers as answers
from shared.domain.workspace.bodies import TagValues
from shared.domain.workspace.operation import BACKFILL, Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_tags", "GET", "/tags", "All tags.", answers.TagList),
    Operation("get_tag", "GET", "/tags/{tag_id}", "One tag.", answers.TagAnswer),
    Operation("put_tag", "PUT", "/tags/{tag_id}", "Create or replace a tag.",
              answers.TagChanged, Tag, query=BACKFILL),
    Operation("delete_tag", "DELETE", "/tags/{tag_id}",
              "Delete a tag, unless something refers to it.", answers.Deleted),
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
