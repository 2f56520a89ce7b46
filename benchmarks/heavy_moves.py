"""The heaviest work of what moves people inside a journey to a newer version."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from benchmarks.emulated_aws import CATALOG
from benchmarks.heavy_journeys import fact
from benchmarks.heavy_people import CROWD, crowd_id
from benchmarks.stage import WORKSPACE, Peak, Stage
from shared.aws import keys
from shared.aws.enrolment_rows import enrolment_row, stored_of
from shared.aws.items import Item, from_item, to_item
from shared.aws.move_store import MoveStore
from shared.domain.journeys.move_job import SEGMENTS, MoveJob, Whole
from shared.domain.journeys.move_job import Stage as Walked
from shared.domain.journeys.ports import Ref

_JOURNEY: Final = "moved"
_MOVED: Final = 500
_FACTS: Final = 10  # a batch of advance_journeys


def move_enrolments(stage: Stage) -> Iterator[Peak]:
    """Full pages of people inside: all of them counted, and those of an older version moved."""
    _publish(stage, "P30D")
    people = [crowd_id(n) for n in range(_MOVED)]
    facts = [fact(f"moved-{strand}", strand, _JOURNEY) for strand in people]
    batches = [facts[first : first + _FACTS] for first in range(0, len(facts), _FACTS)]
    stage.from_queue("advance_journeys", *batches, seconds=600)
    _publish(stage, "P40D")
    stage.put(_others(stage, people[0]))

    peak, counted = _walk(stage, 1, "counting")
    inside = {place.version: number for place, number in counted.places.items()}
    assert inside == {1: _MOVED, 2: CROWD - _MOVED}, inside
    yield Peak("move_enrolments", f"{CROWD:,} people inside counted", peak)
    peak, moved = _walk(stage, 2, "moving")
    assert moved.outcomes["moved"] == _MOVED, moved
    yield Peak("move_enrolments", f"{_MOVED} of {CROWD:,} people inside moved", peak)


def _publish(stage: Stage, duration: str) -> None:
    journey: dict[str, Any] = {
        "journey_id": _JOURNEY,
        "title": _JOURNEY,
        "clock": "due_index",
        "entry": {"type": "event", "event": _JOURNEY},
        "steps": [
            {"type": "wait", "name": "wait", "duration": duration},
            {"type": "reward", "name": "give", "points": 1},
        ],
    }
    stage.administrate(
        ("PUT", f"/journeys/{_JOURNEY}", journey),
        ("POST", f"/journeys/{_JOURNEY}/publish", {}),
    )


def _others(stage: Stage, like: str) -> Iterator[Item]:
    """Everybody else in the crowd, who wait like that one, but under the newer version."""
    rows = (from_item(row) for row in stage.rows(like, keys.ENROLMENT_PREFIX))
    stored = next(each for each in map(stored_of, rows) if each.enrolment.journey_id == _JOURNEY)
    for n in range(_MOVED, CROWD):
        ref = Ref(WORKSPACE, crowd_id(n), stored.enrolment.enrolment_id)
        enrolment = replace(stored.enrolment, profile_id=ref.profile_id, journey_version=2)
        newer = replace(stored, enrolment=enrolment)
        yield to_item(enrolment_row(ref, newer, datetime.now(UTC)))


def _walk(stage: Stage, number: int, walked: Walked) -> tuple[float, Whole]:
    """Walk the whole table; gives the peak, and what came of it."""
    store = MoveStore(stage.aws.client("dynamodb"), CATALOG)
    job = MoveJob(
        journey_id=_JOURNEY,
        number=number,
        version=2,
        requested_at=datetime.now(UTC),
        stage=walked,
    )
    store.add(WORKSPACE, job)
    named = {"workspace_id": WORKSPACE, "journey_id": _JOURNEY, "move": number}
    parts = [{**named, "task": "walk", "segment": segment} for segment in range(SEGMENTS)]
    ran = stage.run("move_enrolments", [*parts, {**named, "task": "finish"}], seconds=900)
    assert all(answer["done"] for answer in ran.answers), ran.answers
    return ran.peak_mb, store.whole(WORKSPACE, job, job.walk)
