"""What AWS End User Messaging's answers mean."""

from typing import Final

from shared.aws.provider_answers import answer_to
from shared.domain.messages.handover import Answer

PROVIDER: Final = "end_user_messaging"


def read_failure(error: Exception) -> Answer:
    """An error of `send_text_message`."""
    return answer_to(PROVIDER, error)
