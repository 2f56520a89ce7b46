"""The shape of STATE rows, and what those of a person's strands come to together."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.aws import keys
from shared.domain.instants import parse_instant
from shared.domain.profiles.model import ProfileState

DECIDED: Final = (
    *("stage", "stage_since", "stage_before", "due_at"),
    *("built", "unsure", "unsure_since"),
)
NEVER: Final = -1

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long build is: made for whom was built up to `built`, up to `build`.

    It has reached the event at the sort key `after`.
    """

    build: int
    built: int
    after: str


@dataclass(frozen=True, slots=True)
class Strand:
    """What a strand's row says beside the state.

    `heard` is the number of events in it, of Rapport itself too. `built` is the version of the
    catalog up to which its measures were built, `building` the one up to which somebody began to.
    Its memberships are settled up to the merge or split `joins`.
    """

    heard: int = 0
    built: int = NEVER
    building: int = NEVER
    joins: int = 0
    progress: Progress | None = None

    @classmethod
    def of(cls, row: Row) -> "Strand":
        """Read a row."""
        return cls(
            heard=row.get("events", 0) + row.get("own", 0),
            built=row.get("built", NEVER),
            building=row.get("building", NEVER),
            joins=row.get("joins", 0),
            progress=Progress(*json.loads(row["progress"])) if "progress" in row else None,
        )


def state_of(row: Row) -> ProfileState:
    """Read a row into which events have been folded."""
    return ProfileState(
        first_seen_at=parse_instant(row["first_seen_at"]),
        last_seen_at=parse_instant(row["last_seen_at"]),
        events=row["events"],
        stage=row.get("stage", "prospect"),
        stage_since=_instant(row.get("stage_since")),
        position=row["position"],
        due_at=_instant(row.get("due_at")),
        stage_before=row.get("stage_before"),
        judged=row.get("judged", 0),
        built=row.get("built"),
        unsure=row.get("unsure"),
        unsure_since=_instant(row.get("unsure_since")),
        first_touch=row.get("first_touch"),
        last_touch=row.get("last_touch"),
    )


def whole_state(root: Row, strands: Iterable[Row]) -> ProfileState | None:
    """One state of all strands, `root` among them; None when nobody of them has done anything.

    What is decided about the person stands in the root's row. Of several strands there is no
    position: each has its own.
    """
    seen = [row for row in strands if "events" in row]
    if len(seen) < 2 and "events" in root:
        return state_of(root)
    if not seen:
        return None
    decided = {name: root[name] for name in (*DECIDED, "judged") if name in root}
    first = [row["first_touch"] for row in seen if "first_touch" in row]
    last = [row["last_touch"] for row in seen if "last_touch" in row]
    return state_of(
        {
            **decided,
            "first_seen_at": min(row["first_seen_at"] for row in seen),
            "last_seen_at": max(row["last_seen_at"] for row in seen),
            "events": sum(row["events"] for row in seen),
            "position": "",
            "first_touch": min(first, default=None),
            "last_touch": max(last, default=None),
        }
    )


def stages_of(rows: Iterable[Row], state: ProfileState | None) -> list[tuple[str, datetime]]:
    """(stage, since when) of a person, ascending, from STAGE rows; the last one is now's.

    Nothing is said of the time before the first judgement. Somebody who died, or was slower, may
    have written down what the person never left: that is as young as the present stage.
    """
    if state is None or state.stage_since is None:
        return []
    kept = (
        (parse_instant(row["sk"].removeprefix(keys.STAGE_PREFIX)), row["stage"]) for row in rows
    )
    past = sorted(each for each in kept if each[0] < state.stage_since)
    return [*((stage, since) for since, stage in past), (state.stage, state.stage_since)]


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None
