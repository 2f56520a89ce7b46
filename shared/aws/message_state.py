"""A message and its receiver as they are when it is decided on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from shared.aws.contact_store import SeenLedger
from shared.aws.receivers import Seen
from shared.domain.instants import parse_instant
from shared.domain.journeys.money import Paid
from shared.domain.messages.decision import Person
from shared.domain.messages.model import Channel, MessageStatus
from shared.domain.messages.windows import Needed
from shared.domain.workspace.model import WorkspaceSettings


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which past contacts a decision needs: the ledger, and windows of these kinds."""

    ledger: bool = False
    windows: tuple[Needed, ...] = ()


NO_CONTACTS: Final = Wanted()


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """A message and its receiver as they are now; below `rung` no template is tried any more.

    `began_at` is when it was put off first, `until` when it is to come back, and `kept_by` why it
    waits. `again_at` is when one of which nobody knows may be sent once more, `resent` says that
    it was. `ledger` is what its claim must find unchanged, where it was read. `paid` is what it has
    taken of its journey's money.
    """

    status: MessageStatus
    attempts: int
    claimed_at: datetime | None
    channel: Channel | None
    person: Person
    seen: Seen
    rung: int = 0
    began_at: datetime | None = None
    until: datetime | None = None
    kept_by: str = ""
    again_at: datetime | None = None
    resent: bool = False
    wanted: Wanted = NO_CONTACTS
    ledger: SeenLedger | None = None
    paid: Paid | None = None

    def begins(self, settings: WorkspaceSettings) -> datetime | None:
        """Since when it could have gone out; None where that is now.

        One that is sent once more could since the first try and the time to wait after it: whoever
        comes to it weeks later must not send it.
        """
        if self.began_at or not (self.resent and self.claimed_at) or settings.time_scale != 1:
            return self.began_at
        return self.claimed_at + (settings.resend_unknown_after or timedelta())


def state_of(message: Mapping[str, Any], person: Person, seen: Seen) -> MessageState:
    """Read the row of a message; an empty one is of a message that was only asked for."""
    names = ("claimed_at", "began_at", "until", "again_at")
    instants = (message.get(name) for name in names)
    claimed_at, began_at, until, again_at = (
        parse_instant(one) if one else None for one in instants
    )
    return MessageState(
        status=message.get("status", "requested"),
        attempts=message.get("attempts", 0),
        claimed_at=claimed_at,
        channel=message.get("channel"),
        person=person,
        seen=seen,
        rung=message.get("rung", 0),
        began_at=began_at,
        until=until,
        kept_by=message.get("reason", ""),
        again_at=again_at,
        resent=message.get("resent", False),
        paid=Paid(message["paid_from"], message["paid"]) if "paid" in message else None,
    )
