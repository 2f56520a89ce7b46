"""Replies to text messages, as End User Messaging hands them on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.consents.statements import REPLIED
from shared.domain.events.model import Event
from shared.domain.events.own import own_event
from shared.domain.lists.said import addressed
from shared.domain.messages.addresses import is_valid
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from shared.errors import InvalidInputError


def replied(said: Mapping[str, Any], now: datetime) -> Event:
    """The event that a reply is, of the person with the number it came from.

    Words that stop messages are understood where events are applied. Raises InvalidInputError when
    it is no reply.
    """
    number, text = said.get("originationNumber"), said.get("messageBody")
    if not (isinstance(number, str) and is_valid("sms", number) and isinstance(text, str)):
        raise InvalidInputError("not a reply: it needs originationNumber and messageBody")
    event = own_event(
        DEFAULT_WORKSPACE,
        REPLIED,
        f"reply:{said['inboundMessageId']}",
        at=now,
        now=now,
        properties={"channel": "sms", "text": text, "address": number},
    )
    return addressed(event, ("phone", number))
