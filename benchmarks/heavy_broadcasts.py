"""The heaviest work of what carries broadcasts on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from benchmarks.emulated_aws import CATALOG
from benchmarks.heavy_people import CROWD, LISTED, list_people
from benchmarks.stage import WORKSPACE, Peak, Stage
from shared.aws.broadcast_store import BroadcastStore
from shared.domain.broadcasts.model import BATCH, Broadcast

_EVER: Final = '{"type":"event","event":"catalog"}'


def run_broadcasts(stage: Stage) -> Iterator[Peak]:
    """Everybody in files, a crowd by their clocks, and some of them asked."""
    ran = _gather(stage, "everybody", LISTED)
    yield Peak("run_broadcasts", f"files of {LISTED:,} people", ran)
    ran = _gather(stage, "crowd", CROWD, local_time="20:00")
    yield Peak("run_broadcasts", f"the zones of {CROWD:,} people", ran)

    work = {"task": "ask", "workspace_id": WORKSPACE, "broadcast_id": "crowd", "run": 1}
    events = [{**work, "wave": 0, "batch": batch, "most": BATCH} for batch in range(3)]
    asked = stage.run("run_broadcasts", events, seconds=900)
    assert [answer["people"] for answer in asked.answers] == [BATCH] * 3, asked.answers
    yield Peak("run_broadcasts", f"{3 * BATCH:,} people asked, each of two strands", asked.peak_mb)


def _gather(stage: Stage, broadcast_id: str, people: int, local_time: str = "") -> float:
    """Find out who is in a broadcast; gives the peak."""
    list_people(stage, people)
    now = datetime.now(UTC)
    BroadcastStore(stage.aws.client("dynamodb"), CATALOG).add(
        WORKSPACE,
        Broadcast(
            broadcast_id=broadcast_id,
            journey_id="news",
            condition=_EVER,
            asked_at=now,
            starts_at=now,
            local_time=local_time,
        ),
    )
    work = {"task": "gather", "workspace_id": WORKSPACE, "broadcast_id": broadcast_id}
    ran = stage.run("run_broadcasts", [work], seconds=900)
    assert ran.answers[0]["people"] == people, ran.answers
    return ran.peak_mb
