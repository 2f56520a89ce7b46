"""Broadcasts ↔ rows of the catalog table."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from shared.aws import keys
from shared.aws.items import Item, from_item, to_item, to_text
from shared.domain.broadcasts.model import Broadcast, Part, Sample, Tried, Verdict, Wave
from shared.domain.instants import format_instant, parse_instant

_PLAIN: Final = (
    *("broadcast_id", "journey_id", "condition", "segment_id", "local_time", "rate"),
    *("state", "reason", "run", "looks", "minute", "in_minute", "folder"),
)
_INSTANTS: Final[tuple[str, ...]] = ("asked_at", "starts_at", "gathered_at", "finished_at")


def item_of(workspace_id: str, one: Broadcast) -> Item:
    """The row of a broadcast."""
    return to_item(
        {
            "pk": keys.broadcasts(workspace_id),
            "sk": keys.broadcast(one.broadcast_id),
            **{name: getattr(one, name) for name in (*_PLAIN, *_INSTANTS)},
            "sample": _sample_text(one.sample) if one.sample else None,
            "waves": waves_text(one.waves) if one.folder else None,
            "verdict": verdict_text(one.verdict) if one.verdict else None,
            "expires_at": int(one.expires_at.timestamp()),
        }
    )


def broadcast_of(item: Item) -> Broadcast:
    """The broadcast of a row."""
    row = from_item(item)
    instants = {name: parse_instant(row[name]) for name in _INSTANTS if name in row}
    known: dict[str, Any] = {**{name: row[name] for name in _PLAIN}, **instants}
    return Broadcast(
        **known,
        sample=_sample(json.loads(row["sample"])) if "sample" in row else None,
        waves=tuple(_wave(one) for one in json.loads(row.get("waves", "[]"))),
        verdict=_verdict(json.loads(row["verdict"])) if "verdict" in row else None,
    )


def waves_text(waves: tuple[Wave, ...]) -> str:
    """Waves as text."""
    return to_text([[one.group, one.zone, _told(one.at), one.people] for one in waves])


def verdict_text(verdict: Verdict) -> str:
    """A verdict as text."""
    tried = [list(one) for one in verdict.tried]
    return to_text([verdict.winner, verdict.why, tried, _told(verdict.at)])


def part_of(row: Mapping[str, Any]) -> tuple[tuple[int, int], Part]:
    """((wave, batch), how far it is) of a row."""
    wave, batch = row["sk"].removeprefix(keys.PART_PREFIX).split("#")
    at = parse_instant(row["at"])
    return (int(wave), int(batch)), Part(row["done"], row["doing"], at, row["left"])


def _sample_text(sample: Sample) -> str:
    seconds = int(sample.decide_after.total_seconds())
    return to_text([sample.share, seconds, sample.step, sample.least])


def _sample(data: Any) -> Sample:
    share, seconds, step, least = data
    return Sample(share, timedelta(seconds=seconds), step, least)


def _wave(data: Any) -> Wave:
    group, zone, at, people = data
    return Wave(group, zone, parse_instant(at) if at else None, people)


def _verdict(data: Any) -> Verdict:
    winner, why, tried, at = data
    return Verdict(winner, why, tuple(Tried(*one) for one in tried), parse_instant(at))


def _told(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
