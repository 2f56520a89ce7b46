"""Handing emails to Amazon SES (API version 2)."""

import re
from email.header import Header
from email.utils import formataddr
from typing import Any, Final

from shared.aws.provider_answers import answer_to
from shared.domain.messages.handover import Accepted, Answer, EmailContent, Handover, Unclear
from shared.domain.workspace.sender import sender_of

PROVIDER: Final = "ses"

_LONGEST_WORD: Final = 75  # of an encoded word (RFC 2047); a longer name becomes several
_NOT_FOR_TAGS: Final = re.compile(r"[^A-Za-z0-9_.@-]")


class Mailer:
    """Sends one email with one call."""

    def __init__(self, client: Any, configuration_set: str = "", tenant: str = "") -> None:
        """`client` is a `sesv2` client that never repeats a call.

        The configuration set is what SES reports by, the tenant whose reputation emails count for.
        """
        self._client = client
        named = {"ConfigurationSetName": configuration_set, "TenantName": tenant}
        self._options = {name: value for name, value in named.items() if value}

    def send(self, handover: Handover, sender: str, content: EmailContent) -> Answer:
        """Hand one email over; every answer and every failure to answer comes back as data."""
        try:
            response = self._client.send_email(
                FromEmailAddress=_sender(sender),
                Destination={"ToAddresses": [handover.address]},
                Content={
                    "Simple": {
                        "Subject": _utf8(content.subject),
                        "Body": {"Text": _utf8(content.text), "Html": _utf8(content.html)},
                        "Headers": [
                            {"Name": name, "Value": value}
                            for name, value in content.headers.items()
                        ],
                    }
                },
                EmailTags=_tags(handover),
                **self._options,
            )
            return Accepted(PROVIDER, response["MessageId"])
        except KeyError:
            return Unclear(PROVIDER, "the answer holds no message id")
        except Exception as error:
            return answer_to(PROVIDER, error)


def _sender(text: str) -> str:
    """Write a sender as SES takes it: ASCII alone, names in other letters as encoded words."""
    found = sender_of(text)
    if found is None:  # it was put before senders were checked: SES says what is wrong with it
        return text
    if found.name.isascii():
        return formataddr(found)
    words = Header(found.name, "utf-8", maxlinelen=_LONGEST_WORD).encode(linesep="")
    return f"{words} <{found.address}>"


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _tags(handover: Handover) -> list[dict[str, str]]:
    """Name the message in every event that SES reports about it; the charset is SES's."""
    ids = {
        "workspace_id": handover.workspace_id,
        "profile_id": handover.profile_id,
        "message_id": handover.message_id,
        "correlation_id": handover.correlation_id,
    }
    return [{"Name": name, "Value": _NOT_FOR_TAGS.sub("-", ids[name])} for name in ids if ids[name]]
