"""A decision about consent: what it covers, which way it went, when, and the evidence for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from shared.domain.instants import format_instant
from shared.domain.messages.channels import CHANNELS
from shared.domain.workspace.purposes import ConsentPurpose

CONSENT_CHANNELS: Final = CHANNELS
TOPIC: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")

Evidence = Literal["event", "stamp", "opt_out", "operator", "import", "link", "complaint"]
"""event: a decision inside an event. stamp: a state that clients put on every event. opt_out: words
of the person. operator, import: somebody vouches for it. link: a button behind a link of a message.
complaint: the person's mail provider said that a message was reported as spam."""


class Scope(NamedTuple):
    """What a decision covers; an empty topic or channel covers all of them."""

    purpose: ConsentPurpose
    topic: str = ""
    channel: str = ""

    def covers(self, other: "Scope") -> bool:
        """Whether everything in `other` is in this one too."""
        return (
            self.purpose == other.purpose
            and self.topic in ("", other.topic)
            and self.channel in ("", other.channel)
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """One line of the ledger.

    `source` is the evidence itself: a message_id, the name of an operator, an import. `address` is
    where words of the person came from; a refusal by such words closes that address, too.
    `detail` is free text for people, such as the words.
    """

    scope: Scope
    granted: bool
    at: datetime
    source: str
    evidence: Evidence = "event"
    address: str = ""
    detail: str = ""

    @property
    def moment(self) -> str:
        """`at` as it is stored: to the millisecond, in an order that texts have, too."""
        return format_instant(self.at)

    @property
    def is_stamped(self) -> bool:
        """Whether it is the state of a client, and nobody's word."""
        return self.evidence == "stamp"


class Join(NamedTuple):
    """Two strands that became one person, and when: the time of the evidence."""

    left: str
    right: str
    at: datetime


InForce = Mapping[Scope, Decision]
"""What holds for a person, to be asked through `verdict` and `allows`."""
