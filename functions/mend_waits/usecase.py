"""Walks on through the table of people, and through the wakes that lie ahead.

Every hour a stretch, from where the last one ended; or all of it when somebody asks, who then keeps
the place between the calls and leaves that of the hours alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from functions.mend_waits.mending import Mender
from functions.mend_waits.ports import Ports
from shared.aws import keys
from shared.domain.due.timing import SHARDS
from shared.domain.recovery.damage import LATE, Bounds
from shared.errors import InvalidInputError

MOST_PAGES: Final = 50  # a run: 6,400 read units at most
LOOKED_AHEAD: Final = timedelta(days=400)
_BEGINNING: Final = timedelta(minutes=5)  # what is nearer is on its way


class MendWaits:
    """The stretch of an hour."""

    def __init__(self, ports: Ports, mender: Mender) -> None:
        """Work over these ports."""
        self._ports = ports
        self._mender = mender

    def run(
        self, workspace_id: str, is_time_up: Callable[[], bool], pages: int = MOST_PAGES
    ) -> bool:
        """Look at so many pages, or fewer; says whether the walk came to the end of the table.

        Raises TransientError; the next run looks at the same page again.
        """
        scan, now = self._ports.scan, self._ports.now()
        walk = scan.walk(workspace_id, now)
        bounds, place = Bounds.at(now, since=walk.since), walk.after
        for _ in range(pages):
            page = scan.page(workspace_id, place, bounds)
            place = page.beyond(self._mender.mend(workspace_id, page.found, is_time_up))
            scan.remember(workspace_id, walk, place)
            if place is None or is_time_up():
                break
        return place is None

    def clear(self, workspace_id: str, shard: int, is_time_up: Callable[[], bool]) -> None:
        """Take out the wakes of a shard that nobody waits for, as far as one page holds them."""
        now = self._ports.now()
        page = self._ports.wake_rows.page(
            workspace_id, shard % SHARDS, keys.due_from(now + _BEGINNING), now + LOOKED_AHEAD
        )
        self._mender.clear(workspace_id, page.due, is_time_up)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an operator asks for: to look, or to mend, from a place on until the time is up.

    First come the pages of the table after `after`, then the shards of the wakes from `shard` on,
    each from `position` on; of the page there so many as `known` were looked at.
    """

    workspace_id: str
    only_looks: bool = False
    late: timedelta = LATE
    after: keys.Key | None = None
    shard: int | None = None
    position: str = ""
    known: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Asked":
        """Read what `to_json` wrote, or somebody by hand; raises InvalidInputError."""
        try:
            after = data.get("after")
            return cls(
                workspace_id=data["workspace_id"],
                only_looks=bool(data.get("only_looks", False)),
                late=timedelta(minutes=max(0, data.get("late_minutes", LATE.seconds // 60))),
                after=keys.Key(*after) if after else None,
                shard=data.get("shard"),
                position=data.get("position", ""),
                known=max(0, data.get("known", 0)),
            )
        except (KeyError, TypeError) as error:
            raise InvalidInputError(
                "nobody can be asked for like that", where="reconcile"
            ) from error

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return {
            "workspace_id": self.workspace_id,
            "only_looks": self.only_looks,
            "late_minutes": self.late // timedelta(minutes=1),
            "after": list(self.after) if self.after else None,
            "shard": self.shard,
            "position": self.position,
            "known": self.known,
        }


@dataclass
class Reconcile:
    """A stretch for an operator."""

    ports: Ports
    mender: Mender
    is_time_up: Callable[[], bool]
    _now: datetime = field(init=False)

    def __post_init__(self) -> None:
        """One instant for the whole stretch."""
        self._now = self.ports.now()

    def carry_on(self, asked: Asked) -> Asked | None:
        """Go on until the time is up; gives what is left to ask for, None at the end.

        Raises TransientError.
        """
        left: Asked | None = asked
        while left is not None and not self.is_time_up():
            left = self._page(left) if left.shard is None else self._shard(left, left.shard)
        return left

    def _page(self, asked: Asked) -> Asked:
        bounds = Bounds.at(self._now, asked.late)
        page = self.ports.scan.page(asked.workspace_id, asked.after, bounds)
        place = page.beyond(self.mender.mend(asked.workspace_id, page.found, self.is_time_up))
        return replace(asked, after=place, shard=0 if place is None else None)

    def _shard(self, asked: Asked, shard: int) -> Asked | None:
        beginning = asked.position or keys.due_from(self._now + _BEGINNING)
        page = self.ports.wake_rows.page(
            asked.workspace_id, shard, beginning, self._now + LOOKED_AHEAD
        )
        kept = self.mender.clear(asked.workspace_id, page.due[asked.known :], self.is_time_up)
        if kept is not None:
            return replace(asked, position=beginning, known=asked.known + kept)
        if not page.is_last:
            return replace(asked, position=page.position, known=0)
        more = shard + 1 < SHARDS
        return replace(asked, shard=shard + 1, position="", known=0) if more else None
