"""What the admin API does for the rights of people: export and erasure."""

from typing import Final

from shared.domain.workspace import privacy_answers as answers
from shared.domain.workspace.operation import PAGE, Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("create_export", "POST", "/profiles/{profile_id}/export",
              "Write everything about a person into one archive; ask for the export until it is "
              "done.", answers.ExportAnswer),
    Operation("get_export", "GET", "/exports/{export_id}",
              "One export; when it is done, with the address of the archive.",
              answers.ExportAnswer),
    Operation("create_erasure", "POST", "/profiles/{profile_id}/erasure",
              "Erase a person everywhere, for good. Asking again changes nothing.",
              answers.ErasureAnswer),
    Operation("list_erasures", "GET", "/erasures",
              "A page of all erasures, running and done, in no order.", answers.ErasureList,
              query=PAGE),
    Operation("get_erasure", "GET", "/erasures/{erasure_id}",
              "How far an erasure is; when it is done, its receipt.", answers.ErasureAnswer),
)  # fmt: skip
