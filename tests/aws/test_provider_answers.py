"""Only what surely was not taken is tried again; what is unclear stays unclear."""

import pytest
from botocore import exceptions as botocore
from botocore.exceptions import ClientError

from shared.aws.provider_answers import answer_to
from shared.domain.messages.handover import NotTaken, Rejected, Unclear


def refused(code: str, status: int) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "because"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "SendEmail",
    )


@pytest.mark.parametrize(
    "error",
    [
        refused("TooManyRequestsException", 429),
        refused("ThrottlingException", 400),
        refused("Throttling", 400),
        refused("LimitExceededException", 400),
        refused("SomethingNew", 429),
        refused("ExpiredTokenException", 403),
        refused("AccessDeniedException", 403),
        refused("AuthorizationError", 403),
        botocore.NoCredentialsError(),
        botocore.EndpointConnectionError(endpoint_url="https://x", error="refused"),
        botocore.ConnectTimeoutError(endpoint_url="https://x"),
    ],
    ids=str,
)
def test_what_never_reached_the_provider_was_surely_not_taken(error: Exception):
    assert isinstance(answer_to("ses", error), NotTaken)


@pytest.mark.parametrize(
    "error",
    [
        refused("MessageRejected", 400),
        refused("BadRequestException", 400),
        refused("MailFromDomainNotVerifiedException", 400),
        refused("AccountSuspendedException", 400),
        refused("SendingPausedException", 400),
        refused("NotFoundException", 404),
        refused("InvalidParameter", 400),
        refused("OptedOut", 400),
        botocore.ParamValidationError(report="no"),
    ],
    ids=str,
)
def test_a_no_is_a_no(error: Exception):
    assert isinstance(answer_to("ses", error), Rejected)


@pytest.mark.parametrize(
    "error",
    [
        refused("InternalFailure", 500),
        refused("InternalServiceErrorException", 500),
        refused("ServiceUnavailable", 503),
        refused("504", 504),
        refused("", 0),
        botocore.ReadTimeoutError(endpoint_url="https://x"),
        botocore.ConnectionClosedError(endpoint_url="https://x"),
        botocore.SSLError(endpoint_url="https://x", error="eof"),
        botocore.HTTPClientError(error="broken pipe"),
        ValueError("the answer is not JSON"),
    ],
    ids=str,
)
def test_everything_else_leaves_it_open(error: Exception):
    assert isinstance(answer_to("ses", error), Unclear)


def test_the_detail_names_the_code_and_the_providers_words():
    assert answer_to("ses", refused("MessageRejected", 400)) == Rejected(
        "ses", "MessageRejected: because"
    )
