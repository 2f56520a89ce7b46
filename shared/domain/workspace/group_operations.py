"""What the admin API does about groups."""

from typing import Final

from shared.domain.workspace import group_answers as answers
from shared.domain.workspace.operation import Operation, Query

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("get_group", "GET", "/groups/{group_id+}",
              "A group, such as a company: what is known of it, and who belongs to it, page by "
              "page.", answers.GroupAnswer,
              query=(Query("cursor", "from here on; taken from the answer before"),)),
)  # fmt: skip
