"""What a person does with an inbox message, as an event in the timeline."""

from datetime import datetime
from typing import Any, Final, assert_never

from shared.domain.events.model import Event
from shared.domain.events.own import (
    MESSAGE_CLICKED,
    MESSAGE_DISMISSED,
    MESSAGE_SHOWN,
    own_event,
)
from shared.domain.inbox.model import Act, InboxMessage

FEEDBACK_GIVEN: Final = "feedback_given"


def happened(
    workspace_id: str, message: InboxMessage, act: Act, *, answer: str, now: datetime
) -> Event:
    """The event of an act at `now`; of one message each act makes the same event, by its id.

    It says which message of which journey, and nothing of what stands in it.
    """
    properties: dict[str, Any] = {
        "message_id": message.message_id,
        "channel": message.channel,
        "template_id": message.template_id,
        "journey_id": message.journey_id,
        "step": message.step,
    }
    if act == "answered" and message.ask is not None:
        properties |= {"question": message.ask.question, "answer": answer}
    return own_event(
        workspace_id,
        _name_of(act),
        f"{act}:{message.message_id}",
        at=now,
        now=now,
        properties={name: value for name, value in properties.items() if value},
    )


def _name_of(act: Act) -> str:
    match act:
        case "shown":
            return MESSAGE_SHOWN
        case "clicked":
            return MESSAGE_CLICKED
        case "dismissed":
            return MESSAGE_DISMISSED
        case "answered":
            return FEEDBACK_GIVEN
        case _:
            assert_never(act)
