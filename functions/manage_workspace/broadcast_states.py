"""What broadcasts look like to those who ask."""

from collections.abc import Mapping
from datetime import datetime

from shared.domain.broadcasts.model import Broadcast, Part, Sample, Tried, Verdict, Wave
from shared.domain.broadcasts.waves import asked_in, left_in
from shared.domain.instants import format_instant
from shared.domain.workspace import broadcast_answers as answers

Parts = Mapping[tuple[int, int], Part]


def state_of(one: Broadcast) -> answers.BroadcastState:
    """A broadcast without its batches."""
    return {
        "broadcast_id": one.broadcast_id,
        "journey_id": one.journey_id,
        "segment_id": one.segment_id or None,
        "state": one.state,
        "reason": one.reason,
        "asked_for_at": format_instant(one.asked_at),
        "starts_at": format_instant(one.starts_at),
        "gathered_at": _told(one.gathered_at),
        "finished_at": _told(one.finished_at),
        "local_time": one.local_time or None,
        "rate": one.rate or None,
        "people": one.people if one.folder else None,
        "sample": _sample(one.sample) if one.sample else None,
        "verdict": _verdict(one.verdict) if one.verdict else None,
    }


def progress_state(one: Broadcast, parts: Parts) -> answers.BroadcastProgress:
    """A broadcast and how far it is."""
    return {
        **state_of(one),
        "asked": sum(part.done for part in parts.values()),
        "left_out": sum(part.left for part in parts.values()),
        "next": _next(one, parts),
        "waves": [wave_state(wave, asked_in(n, parts)) for n, wave in enumerate(one.waves)],
    }


def wave_state(wave: Wave, asked: int) -> answers.WaveState:
    """A wave, of which so many are done with."""
    return {
        "group": wave.group,
        "zone": wave.zone or None,
        "at": _told(wave.at),
        "people": wave.people,
        "asked": asked,
    }


def _next(one: Broadcast, parts: Parts) -> answers.PlaceState | None:
    """The first person who is left in the wave that began first."""
    known = [(wave.at, n) for n, wave in enumerate(one.waves) if wave.at is not None]
    for _, number in sorted(known):
        for batch, _ in left_in(one.waves[number], number, parts):
            place = parts.get((number, batch), Part()).done
            return {"wave": number, "batch": batch, "place": place}
    return None


def _sample(sample: Sample) -> answers.SampleState:
    return {
        "share": sample.share,
        "decide_after_seconds": int(sample.decide_after.total_seconds()),
        "experiment": sample.step,
        "least": sample.least,
    }


def _verdict(verdict: Verdict) -> answers.VerdictState:
    return {
        "winner": verdict.winner,
        "why": verdict.why,
        "at": format_instant(verdict.at),
        "variants": [_variant(one) for one in verdict.tried],
    }


def _variant(one: Tried) -> answers.VariantState:
    return {
        "variant": one.variant,
        "control": one.control,
        "entered": one.entered,
        "reached": one.reached,
        "share": round(one.reached / one.entered, 6) if one.entered else None,
    }


def _told(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
