"""Which faults of AWS pass by themselves."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from shared.aws.faults import faults_are_transient
from shared.errors import TransientError


def refused(code: str, status: int) -> ClientError:
    response = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "Call")


@pytest.mark.parametrize(
    "fault",
    [
        refused("ThrottlingException", 400),
        refused("ProvisionedThroughputExceededException", 400),
        refused("InternalServerError", 500),
        refused("ServiceUnavailable", 503),
        EndpointConnectionError(endpoint_url="https://example.com"),
        ReadTimeoutError(endpoint_url="https://example.com"),
    ],
)
def test_what_passes_by_itself_is_transient(fault: Exception) -> None:
    with pytest.raises(TransientError), faults_are_transient():
        raise fault


@pytest.mark.parametrize(
    "fault",
    [refused("AccessDeniedException", 400), refused("ValidationException", 400), KeyError()],
)
def test_what_waiting_cannot_cure_stays_what_it_is(fault: Exception) -> None:
    with pytest.raises(type(fault)), faults_are_transient():
        raise fault
