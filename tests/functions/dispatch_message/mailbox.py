"""A simulated provider of email and text messages: what it took is in the mailbox."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Letter:
    """One message as it arrived."""

    address: str
    subject: str
    text: str
    tags: dict[str, str]


class Mailbox:
    """Stands for both clients, `sesv2` and `sns`; holds every message that they took.

    `"ada@example.com" in mailbox`, `mailbox.to("ada@example.com")`, `len(mailbox)`. Every call
    counts in `calls`, also one that `refuse` lets fail.
    """

    def __init__(self) -> None:
        self._letters: list[Letter] = []
        self._refuse: Callable[[str], Exception | None] = lambda address: None
        self.calls: list[str] = []
        self.pushes: list[dict[str, Any]] = []
        self.dead_endpoints: set[str] = set()

    def __contains__(self, address: str) -> bool:
        return any(letter.address == address for letter in self._letters)

    def __iter__(self) -> Iterator[Letter]:
        return iter(self._letters)

    def __len__(self) -> int:
        return len(self._letters)

    def to(self, address: str) -> list[Letter]:
        return [letter for letter in self._letters if letter.address == address]

    def refuse(self, why: Callable[[str], Exception | None]) -> None:
        """From now on, raise what `why(address)` gives, unless it is None."""
        self._refuse = why

    def send_email(self, **request: Any) -> dict[str, str]:
        (address,) = request["Destination"]["ToAddresses"]
        simple = request["Content"]["Simple"]
        tags = {tag["Name"]: tag["Value"] for tag in request["EmailTags"]}
        return self._take(
            Letter(address, simple["Subject"]["Data"], simple["Body"]["Text"]["Data"], tags)
        )

    def publish(self, **request: Any) -> dict[str, str]:
        if "TargetArn" in request:
            return self._push(request)
        kind = request["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"]
        return self._take(Letter(request["PhoneNumber"], "", request["Message"], {"type": kind}))

    def _push(self, request: dict[str, Any]) -> dict[str, str]:
        if request["TargetArn"] in self.dead_endpoints:
            said = {"Code": "EndpointDisabled", "Message": "Endpoint is disabled"}
            error = {"Error": said, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, "Publish")
        self.pushes.append(request)
        return {"MessageId": f"push-{len(self.pushes)}"}

    def _take(self, letter: Letter) -> dict[str, str]:
        self.calls.append(letter.address)
        error = self._refuse(letter.address)
        if error is not None:
            raise error
        self._letters.append(letter)
        return {"MessageId": f"provider-{len(self._letters)}"}
