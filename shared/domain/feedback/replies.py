"""Replies to text messages: events of whoever has the number that they came from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.domain.consents.statements import REPLIED
from shared.domain.events.model import Event
from shared.domain.events.own import own_event
from shared.domain.lists.said import addressed
from shared.domain.messages.addresses import is_valid
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from shared.errors import InvalidInputError


class Reply(NamedTuple):
    """A text from a number (E.164); `reply_id` is the same whenever it is told."""

    number: str
    text: str
    reply_id: str
    at: datetime


def reply_event(workspace_id: str, reply: Reply, now: datetime) -> Event:
    """The event that a reply is, of the person with the number it came from.

    Words that stop messages are understood where events are applied.
    """
    event = own_event(
        workspace_id,
        REPLIED,
        f"reply:{reply.reply_id}",
        at=reply.at,
        now=now,
        properties={"channel": "sms", "text": reply.text, "address": reply.number},
    )
    return addressed(event, ("phone", reply.number))


def replied(said: Mapping[str, Any], now: datetime) -> Event:
    """The event of a reply as End User Messaging hands it on.

    Raises InvalidInputError when it is no reply.
    """
    number, text = said.get("originationNumber"), said.get("messageBody")
    if not (isinstance(number, str) and is_valid("sms", number) and isinstance(text, str)):
        raise InvalidInputError("not a reply: it needs originationNumber and messageBody")
    reply = Reply(number, text, said["inboundMessageId"], now)
    return reply_event(DEFAULT_WORKSPACE, reply, now)
