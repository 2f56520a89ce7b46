"""Faults of AWS that pass by themselves, told from those that do not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore import exceptions as botocore

from shared.errors import TransientError

_BUSY: Final = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)


@contextmanager
def faults_are_transient() -> Iterator[None]:
    """Raise TransientError for throttles, faults of the service and broken connections.

    Everything else, such as a missing permission, stays what it is: waiting would not cure it.
    """
    try:
        yield
    except botocore.ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status < 500 and error.response["Error"]["Code"] not in _BUSY:
            raise
        raise TransientError("AWS is busy, try again") from error
    except (botocore.ConnectionError, botocore.HTTPClientError) as error:
        raise TransientError("AWS could not be reached, try again") from error
