"""The whole error tree.

RapportError
├── InvalidInputError      the caller sent something wrong: 4xx, never retried
│   ├── UnauthorizedError  no key, or a key that we do not know: 401
│   ├── ForbiddenError     known, but without the role that this needs: 403
│   ├── NotFoundError      the thing named does not exist: 404
│   └── TooLargeError      a limit on size was passed: 413
├── ConflictError          somebody else was faster: read again and decide again
├── TransientError         a dependency failed for now: retry later
│   └── NewerVersionError  a newer version wrote this: retry once that is deployed
├── RateLimitedError       more than a key may send for now: 429, retry later
├── PermanentError         retrying cannot help: dead-letter with the reason
└── EnrolmentEndedError    the enrolment is over; its Step Functions execution ends quietly

The class names are contract: Step Functions catches them by name.
"""

from collections.abc import Sequence


class RapportError(Exception):
    """Base of everything that Rapport raises on purpose."""

    code = "internal"

    def __init__(
        self,
        message: str,
        *,
        where: str = "",
        hint: str = "",
        details: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Say what was wrong, where (a path such as `steps[2].wait`) and what to do about it.

        `details` lists several things wrong at once, each as (path, message).
        """
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.details = tuple(details)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.message}{hint}"


class InvalidInputError(RapportError):
    """The caller sent something wrong; the same input will never be accepted."""

    code = "invalid_input"


class UnauthorizedError(InvalidInputError):
    """The key is missing, unknown or not allowed to do this."""

    code = "unauthorized"


class ForbiddenError(InvalidInputError):
    """Somebody known asks for what their role does not allow."""

    code = "forbidden"


class NotFoundError(InvalidInputError):
    """The thing named in the request does not exist."""

    code = "not_found"


class TooLargeError(InvalidInputError):
    """A size limit was passed."""

    code = "too_large"


class ConflictError(RapportError):
    """Somebody else changed the same thing first; read again and decide again."""

    code = "conflict"


class TransientError(RapportError):
    """A dependency failed for now; the same call can succeed later."""

    code = "unavailable"


class NewerVersionError(TransientError):
    """What was read is of a newer version than this one knows; whoever knows it can read it."""


class RateLimitedError(RapportError):
    """More than a key may send for now; the same can succeed after `retry_after_seconds`."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class PermanentError(RapportError):
    """Retrying cannot help; the work goes to a dead-letter queue with this reason."""

    code = "permanent"


class EnrolmentEndedError(RapportError):
    """The enrolment is already over, so there is nothing left to advance."""

    code = "enrolment_ended"
