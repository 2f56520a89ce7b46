"""What the admin API does about consents and suppressed addresses."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from shared.domain.messages.channels import Channel
from shared.domain.messages.model import Topic
from shared.domain.workspace import consent_answers as answers
from shared.domain.workspace.operation import PAGE, Operation


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class ConsentDecision(_Body):
    """What a person said to an operator about one purpose, or one topic or channel of it."""

    granted: StrictBool
    topic: Topic = ""
    channel: Channel | None = None
    detail: Annotated[str, Field(max_length=200)] = ""


class Suppression(_Body):
    """Why an address must not be written to."""

    reason: Annotated[str, Field(min_length=1, max_length=200)] = "operator"


OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("get_consents", "GET", "/profiles/{profile_id}/consents",
              "What is in force for a person, and every decision that was ever made, with its "
              "evidence.", answers.ConsentsAnswer),
    Operation("put_consent", "PUT", "/profiles/{profile_id}/consents/{purpose}",
              "Write down what a person agreed to, or no longer does: marketing, service, "
              "transactional, or personalisation.", answers.ConsentAnswer, ConsentDecision),
    Operation("list_suppressions", "GET", "/suppressions/{channel}",
              "The addresses of a channel that are not written to.", answers.SuppressionList,
              query=PAGE),
    Operation("put_suppression", "PUT", "/suppressions/{channel}/{address+}",
              "Never write to this address again.", answers.SuppressionAnswer, Suppression,
              body_required=False),
    Operation("delete_suppression", "DELETE", "/suppressions/{channel}/{address+}",
              "Allow messages to this address again.", answers.SuppressionAnswer),
)  # fmt: skip
