"""What the command says when it cannot do what was asked: one clear line, and what to do."""


class CommandError(Exception):
    """Ends the command with exit code 1; the text is all that is shown."""


class ApiError(CommandError):
    """The API said no; `details` lists (path, message)."""

    def __init__(
        self, status: int, code: str, message: str, details: list[tuple[str, str]]
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details


class UnreachableError(CommandError):
    """Nobody answered."""
