"""What Amazon SNS's answers mean."""

from dataclasses import replace
from typing import Final

from shared.aws.provider_answers import answer_to
from shared.domain.messages.handover import Answer, Rejected

PROVIDER: Final = "sns"
_DEAD: Final = ("EndpointDisabled", "EndpointDisabledException")


def read_failure(error: Exception) -> Answer:
    """An error of `publish`; a disabled endpoint is an address that is gone."""
    answer = answer_to(PROVIDER, error)
    if isinstance(answer, Rejected) and answer.detail.startswith(_DEAD):
        return replace(answer, address_is_gone=True)
    return answer
