"""Plain histories of one person, and what the stores would show of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.events.model import Event
from shared.domain.histories.view import Told, view_at
from shared.domain.instants import parse_instant
from shared.domain.profiles.model import View
from shared.domain.segments.references import References


@dataclass(frozen=True)
class Happening:
    """One event: `traits` are claimed by those named `$identify`; `message_id` tells two apart.

    A person's happenings may lie in several strands.
    """

    at: datetime
    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    traits: Mapping[str, Any] = field(default_factory=dict)
    message_id: str = "m"
    strand_id: str = "p1"
    source_id: str = "web"

    def event(self, workspace_id: str = "shop") -> Event:
        """The same as ingest would accept it."""
        return Event(
            workspace_id=workspace_id,
            source_id=self.source_id,
            message_id=self.message_id,
            type="identify" if self.name == "$identify" else "track",
            name=self.name,
            occurred_at=self.at,
            received_at=self.at,
            timestamp=self.at,
            anonymous_id=self.strand_id,
            properties=dict(self.properties),
            traits=dict(self.traits),
        )


History = tuple[Happening, ...]


def view_of(
    history: Iterable[Happening], needed: References, now: datetime, zone: ZoneInfo
) -> View:
    """What must be known at `now` for what `needed` refers to, and nothing beyond it."""
    return view_at(now, (Told(each.strand_id, each.event()) for each in history), needed, zone)


def from_vector(vector: Mapping[str, Any]) -> tuple[History, datetime, ZoneInfo]:
    """(history, now, zone) of an entry of `tests/vectors/conditions.json`."""
    history = tuple(
        Happening(
            parse_instant(each["at"]),
            each["name"],
            each.get("properties", {}),
            each.get("traits", {}),
            message_id=f"m{number}",
        )
        for number, each in enumerate(vector["history"])
    )
    return history, parse_instant(vector["now"]), ZoneInfo(vector["zone"])
