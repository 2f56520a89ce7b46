"""The heaviest work of what makes people again from the lake."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.emulated_aws import LAKE
from benchmarks.stage import WORKSPACE, Peak, Stage
from shared.aws import keys
from shared.aws.items import to_item
from shared.domain.due.batches import decode
from shared.domain.events.limits import MAX_EVENT_BYTES
from shared.domain.events.model import Event
from shared.domain.lake.rows import event_row, line
from shared.domain.lake.tables import DAY, EVENTS

_LATE: Final = 10_000
_HOURS: Final = 12
_EVENTS: Final = 1_000  # two stretches
_PEOPLE: Final = 10
_DAY: Final = "2099-01-01"  # nothing else of the bench arrived so late
_KEY: Final = f"{EVENTS.folder}{DAY}={_DAY}/heavy.gz"


def replay_lake(stage: Stage) -> Iterator[Peak]:
    """Stretches of the largest events, whose people are not there any more."""
    settings = stage.ask("GET", "/settings")["settings"]
    stage.ask("PUT", "/settings", {**settings, "restoring": True})
    body = gzip.compress("".join(map(_line, range(_EVENTS))).encode(), 1)
    s3 = stage.aws.client("s3")
    s3.put_object(Bucket=LAKE, Key=_KEY, Body=body)
    asked = {"replay_id": "heavy", "from_day": _DAY}
    stage.ask("POST", "/replays", asked)
    work = json.dumps({"workspace_id": WORKSPACE, "replay_id": "heavy"})
    ran = stage.from_queue("replay_lake", [work], seconds=900)
    replay = stage.ask("GET", "/replays/heavy")["replay"]
    assert (replay["stage"], replay["applied"]) == ("done", _EVENTS), replay
    stage.ask("PUT", "/settings", settings)
    s3.delete_object(Bucket=LAKE, Key=_KEY)
    what = f"{_EVENTS:,} events of {MAX_EVENT_BYTES // 1024} KB of {_PEOPLE} people"
    yield Peak("replay_lake", what, ran.peak_mb)


def mend_waits(stage: Stage) -> Iterator[Peak]:
    """Very many people whom nobody judged."""
    at = datetime.now(UTC) - timedelta(hours=1)
    late = {f"late{n:05d}" for n in range(_LATE)}
    stage.put(
        to_item({"pk": keys.person(WORKSPACE, name), **row})
        for name in late
        for row in ({"sk": keys.PROFILE}, {"sk": keys.STATE, "due_at": at})
    )
    for _ in range(_HOURS):  # a stretch may end before it comes to them
        ran = stage.run("mend_waits", [{}], seconds=120)
        bodies = (record["body"] for batch in stage.aws.drain("due") for record in batch)
        if sent := {name for body in bodies for name in decode(body).names} & late:
            break
    assert sent, "nobody was asked for"
    yield Peak("mend_waits", f"{len(sent):,} people whom nobody judged", ran.peak_mb)


def _line(n: int) -> str:
    at = datetime.now(UTC)
    event = Event(
        workspace_id=WORKSPACE,
        source_id="bench",
        message_id=f"replayed-{n}",
        type="track",
        name="catalog",
        occurred_at=at,
        received_at=at,
        timestamp=at,
        user_id=f"replayed-{n % _PEOPLE}",
        properties={"note": "x" * (MAX_EVENT_BYTES - 2_000)},
    )
    return line(event_row(f"replayed-{n % _PEOPLE}", event.to_json()))
