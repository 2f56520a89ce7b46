"""What an error of a provider's client means for the one message that was handed over.

*Surely not taken* is only what cannot have reached the provider's queue:

- an answer that refuses for now: throttling, a daily or per-second limit, our own credentials;
- no connection at all: unknown host, refused, no answer to the connect, or nothing to sign with.

Any other 4xx answer is a no. Everything else (a 5xx, a connection lost after the request went out,
no answer in time, an answer that cannot be read) leaves it open whether the message was sent.
"""

from typing import Final

from botocore import exceptions as botocore

from shared.domain.messages.handover import NotTaken, Rejected, Unclear

_FOR_NOW: Final = frozenset(
    {
        # throttling and limits
        "LimitExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        # our own credentials and permissions
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_NEVER_LEFT: Final = (
    botocore.ConnectTimeoutError,
    botocore.CredentialRetrievalError,
    botocore.EndpointConnectionError,
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.ProxyConnectionError,
)


def answer_to(provider: str, error: Exception) -> Rejected | NotTaken | Unclear:
    """Read an error of the call that handed the message over."""
    match error:
        case botocore.ClientError():
            return _answer_to_response(provider, error)
        case botocore.ParamValidationError():
            return Rejected(provider, "the request was malformed and never left")
        case _ if isinstance(error, _NEVER_LEFT):
            return NotTaken(provider, type(error).__name__)
        case _:
            return Unclear(provider, type(error).__name__)


def _answer_to_response(
    provider: str, error: botocore.ClientError
) -> Rejected | NotTaken | Unclear:
    code = error.response["Error"].get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    detail = f"{code}: {error.response['Error'].get('Message', '')}"
    if code in _FOR_NOW or status == 429:
        return NotTaken(provider, detail)
    if 400 <= status < 500:
        return Rejected(provider, detail)
    return Unclear(provider, detail)
