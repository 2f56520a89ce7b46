"""What simulated providers brought to people, and what they refused."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Now = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as the person sees it."""

    provider: str
    to: str
    title: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """A call that a provider did not take, and why; nobody should ever make one."""

    provider: str
    call: str
    why: str


@dataclass
class Outbox:
    """Everything in the order in which it happened."""

    shown: list[Shown] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def to(self, address: str) -> list[Shown]:
        """What one address was shown."""
        return [one for one in self.shown if one.to == address]


class Refusal(Exception):  # noqa: N818 (it is an answer)
    """What a provider answers with, and what is wrong with the call."""

    def __init__(self, code: Any, message: str) -> None:
        """`code` is the provider's own."""
        super().__init__(message)
        self.code = code


def json_of(body: bytes) -> dict[str, Any]:
    """The body as a JSON object; raises Refusal."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refusal(47001, "data format error")
    return found


def only(found: Mapping[str, Any], needed: Mapping[str, type], more: Mapping[str, type]) -> None:
    """Raise Refusal unless an object has these fields, may have those, and no others."""
    for name, kind in needed.items():
        if name not in found:
            raise Refusal(40035, f"{name} is missing")
        if not isinstance(found[name], kind):
            raise Refusal(40035, f"{name} is no {kind.__name__}")
    for name, value in found.items():
        known = needed.get(name) or more.get(name)
        if known is None:
            raise Refusal(40035, f"nobody knows {name}")
        if not isinstance(value, known):
            raise Refusal(40035, f"{name} is no {known.__name__}")
