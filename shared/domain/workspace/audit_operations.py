"""What the admin API says of its own changes."""

from typing import Final

from shared.domain.workspace import audit_answers as answers
from shared.domain.workspace.operation import Operation, Query

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_audit", "GET", "/audit",
              "Every change that was asked for: by whom, what was before and after, and what came "
              "of it; the newest first.", answers.AuditList,
              query=(
                  Query("limit", "how many: 1 to 100, 50 unless said otherwise"),
                  Query("cursor", "from here on; taken from the answer before"),
                  Query("profile_id", "only what was done about one profile, erased or not"),
                  Query("texts", "whether to show definitions as they were before and after: no "
                        "unless said otherwise, or yes"),
              )),
)  # fmt: skip
