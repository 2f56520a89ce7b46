"""What the admin API does about identity."""

from typing import Final

from shared.domain.workspace import identity_answers as answers
from shared.domain.workspace.operation import Operation

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("get_user_hash_key", "GET", "/identity/user-hash-key",
              "The key with which your servers sign user ids: context.userHash is the hexadecimal "
              "HMAC-SHA256 of the userId under it.", answers.UserHashKeyAnswer),
)  # fmt: skip
