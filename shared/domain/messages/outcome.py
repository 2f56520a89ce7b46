"""How a message ends: its final status and the reason, from what the provider answered."""

from dataclasses import dataclass
from typing import Final, Literal, assert_never

from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear
from shared.domain.messages.model import Channel
from shared.domain.messages.reasons import Reason

FinalStatus = Literal["sent", "unknown", "rejected", "suppressed"]

# Fewer than the times a queue hands a request out, so that a message ends before its request does.
MAX_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A final status; `detail` is free text for the operator, `channel` None when not known."""

    status: FinalStatus
    channel: Channel | None
    reason: Reason | None = None
    detail: str = ""
    provider: str = ""
    provider_message_id: str = ""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The provider surely did not take the message: the claim is given back."""

    detail: str


def conclude(answer: Answer, channel: Channel, attempt: int) -> Outcome | TryAgain:
    """Read a provider's answer to attempt number `attempt`, counted from 1."""
    match answer:
        case Accepted(provider, message_id):
            return Outcome(
                status="sent", channel=channel, provider=provider, provider_message_id=message_id
            )
        case Rejected(provider, detail):
            return Outcome(
                status="rejected",
                channel=channel,
                reason="provider_rejected",
                detail=detail,
                provider=provider,
            )
        case NotTaken(_, detail) if attempt < MAX_ATTEMPTS:
            return TryAgain(detail)
        case NotTaken(provider, detail):
            return Outcome(
                status="rejected",
                channel=channel,
                reason="provider_unavailable",
                detail=detail,
                provider=provider,
            )
        case Unclear(provider, detail):
            return Outcome(
                status="unknown",
                channel=channel,
                reason="no_answer",
                detail=detail,
                provider=provider,
            )
        case _:
            assert_never(answer)
