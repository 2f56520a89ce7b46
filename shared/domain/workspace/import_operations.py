"""What the admin API does about imports."""

from typing import Final

from shared.domain.workspace import import_answers as answers
from shared.domain.workspace.operation import PAGE, Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("create_import", "POST", "/imports",
              "Say what a file is to become. A file that lies in the bucket of imports is started "
              "at once; another one is uploaded to the address in the answer, and then started.",
              answers.ImportChanged, answers.NewImport),
    Operation("start_import", "POST", "/imports/{import_id}/start",
              "Start an import whose file was uploaded, or let one that failed go on where it "
              "stopped.", answers.ImportChanged),
    Operation("list_imports", "GET", "/imports", "A page of all imports, in no order.",
              answers.ImportList, query=PAGE),
    Operation("get_import", "GET", "/imports/{import_id}", "How far an import is.",
              answers.ImportAnswer),
)  # fmt: skip
