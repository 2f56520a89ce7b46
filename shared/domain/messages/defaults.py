"""What holds of a message where its journey says nothing else."""

from typing import Final, Literal

OBEY: Final[Literal["obey"]] = "obey"
IGNORE: Final[Literal["ignore"]] = "ignore"
DEFAULT_PRIORITY: Final = 50
DEFAULT_EXPIRY_SECONDS: Final = 3 * 86_400
"""As long as a message may wait: three days."""
