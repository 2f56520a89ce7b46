"""What counts against a person's contact budget: messages that went out, and those that wait."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from shared.domain.messages.channels import Channel
from shared.domain.workspace.purposes import Purpose

# Somebody who waits comes back within seconds of its instant, minutes when much is to be done.
_GRACE: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Use:
    """A message that counts: when it was claimed, and what it was."""

    at: datetime
    channel: Channel
    purpose: Purpose
    topic: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A message that waits until an instant; `use` is what it will count as."""

    message_id: str
    use: Use
    priority: int
    requested_at: datetime
    until: datetime
    expires_at: datetime

    @property
    def precedence(self) -> tuple[int, datetime, str]:
        """Who goes first has the smaller one: by priority, then by age; no two have the same."""
        return -self.priority, self.requested_at, self.message_id

    def is_coming(self, now: datetime) -> bool:
        """Whether it still counts on its room: nobody waits for one that never came back."""
        return now < min(self.until + _GRACE, self.expires_at)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Uses and waits of one person, by the ids of the messages."""

    used: Mapping[str, Use] = field(default_factory=dict)
    waiting: Mapping[str, Wait] = field(default_factory=dict)

    def took(self, message_id: str, use: Use) -> "Ledger":
        """The message goes out, and waits no more; it counts once however often it is tried."""
        return Ledger({**self.used, message_id: use}, _without(self.waiting, message_id))

    def waits(self, wait: Wait) -> "Ledger":
        """The message waits; it does not count until it goes out."""
        return Ledger(_without(self.used, wait.message_id), {**self.waiting, wait.message_id: wait})

    def without(self, message_id: str) -> "Ledger":
        """The message came to nothing."""
        return Ledger(_without(self.used, message_id), _without(self.waiting, message_id))

    def holds(self, message_id: str) -> bool:
        """Whether anything is written down of a message."""
        return message_id in self.used or message_id in self.waiting

    def kept(self, now: datetime, counts: Callable[[Use], bool]) -> "Ledger":
        """What is still needed: uses that count for some cap, and who is still to come."""
        return Ledger(
            {name: use for name, use in self.used.items() if counts(use)},
            {name: wait for name, wait in self.waiting.items() if wait.is_coming(now)},
        )

    def joined(self, other: "Ledger") -> "Ledger":
        """Those of two strands that are one person."""
        return Ledger({**other.used, **self.used}, {**other.waiting, **self.waiting})

    def to_text(self) -> str:
        """Write it as short JSON; `ledger_of` reads it."""
        return json.dumps(
            {
                "used": {name: _plain(use) for name, use in sorted(self.used.items())},
                "waiting": {name: _waiting(one) for name, one in sorted(self.waiting.items())},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )


NOTHING: Final = Ledger()


def ledger_of(text: str) -> Ledger:
    """Read what `to_text` wrote."""
    data = json.loads(text)
    return Ledger(
        {name: _use(plain) for name, plain in data["used"].items()},
        {name: _wait(name, plain) for name, plain in data["waiting"].items()},
    )


def _without(entries: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if key != name}


def _plain(use: Use) -> list[Any]:
    return [_number(use.at), use.channel, use.purpose, use.topic, use.form]


def _use(plain: list[Any]) -> Use:
    at, channel, purpose, topic, form = plain
    return Use(_instant(at), channel, purpose, topic, form)


def _waiting(one: Wait) -> list[Any]:
    instants = map(_number, (one.requested_at, one.until, one.expires_at))
    return [_plain(one.use), one.priority, *instants]


def _wait(name: str, plain: list[Any]) -> Wait:
    use, priority, *instants = plain
    return Wait(name, _use(use), priority, *map(_instant, instants))


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND


def _instant(number: int) -> datetime:
    return _EPOCH + number * _MILLISECOND
