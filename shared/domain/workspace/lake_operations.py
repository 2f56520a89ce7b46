"""What the admin API does with the lake."""

from typing import Final

from shared.domain.workspace import lake_answers as answers
from shared.domain.workspace.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("query_lake", "POST", "/lake/query",
              "Ask the event history in Athena's SQL. A query that has more rows than max_rows is "
              "refused, one that does not end within 20 seconds is stopped.",
              answers.LakeRows, answers.LakeQuery),
)  # fmt: skip
