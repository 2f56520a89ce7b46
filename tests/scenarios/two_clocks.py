"""Traces of one life by two clocks, which say the same."""

from datetime import timedelta
from typing import Any, Final

from shared.domain.instants import parse_instant

BY_INDEX: Final = "-by-index"
WORLDS: Final = ("", BY_INDEX)
"""What is behind every id: nothing where Step Functions are the clock."""


def same_way(left: list[dict[str, Any]], right: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The steps with what was decided, of two traces that are the same to the instant."""
    assert list(map(_bare, left)) == list(map(_bare, right))
    # A call asks for one journey and a task is of one run: where these differ by some instants, so
    # may what follows, and by no more.
    apart = timedelta()
    for mine, other in zip(left, right, strict=True):
        facts = zip(mine.get("because", ()), other.get("because", ()), strict=True)
        apart = max([apart, *(_apart(one.get("at"), two.get("at")) for one, two in facts)])
        assert _apart(mine["at"], other["at"]) <= apart
        assert _apart(mine.get("due"), other.get("due")) <= apart
    return [(each["step"], each["decision"]) for each in left]


def _bare(entry: dict[str, Any]) -> dict[str, Any]:
    """A line of a trace without instants and names of facts and worlds."""
    because = [(fact["about"], fact["name"].removesuffix(BY_INDEX))
               for fact in entry.get("because", ())]  # fmt: skip
    told = {name: entry.get(name) for name in ("step", "visit", "decision", "next")}
    return {**told, "because": because}


def _apart(left: str | None, right: str | None) -> timedelta:
    if left is None or right is None:
        assert left == right
        return timedelta()
    return abs(parse_instant(left) - parse_instant(right))
