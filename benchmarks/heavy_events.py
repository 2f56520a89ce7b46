"""The heaviest work of the functions that every event meets, on people with long histories."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks.emulated_aws import CATALOG, LAKE, PROFILES, http_request
from benchmarks.live_segments import CONDITIONS
from benchmarks.stage import WORKSPACE, Peak, Stage, stream_of
from shared.aws import keys
from shared.aws.items import from_item
from shared.aws.profile_rows import event_item
from shared.aws.state_store import StateStore
from shared.domain.counters.fold import Occurrence, fold_counters, fold_state, position_of
from shared.domain.events.limits import MAX_BATCH_BYTES, MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from shared.domain.events.model import Event
from shared.domain.events.packing import decode, encode, pack

LONG: Final = "long"  # the user with a long history
HISTORY: Final = 100_000
HISTORY_DAYS: Final = 400
_PRICES: Final = 100
HISTORY_SUM: Final = round(sum(n + 0.9 for n in range(_PRICES)) * HISTORY / _PRICES)
PUBLISHED: Final = 1_000
_ZONE: Final = ZoneInfo("UTC")
_STREAM_BATCH: Final = 100
_LAKE_BATCH: Final = 1_000
_PAYLOAD: Final = 5_500_000  # bytes of what one invocation is handed; Lambda's limit is 6 MB
_MESSAGES: Final = 10
# Beside what an event touches elsewhere in the bench: sums over all days, and single values.
_TOUCHED: Final[tuple[dict[str, Any], ...]] = (
    CONDITIONS[0],
    CONDITIONS[4],
    {
        "type": "amount", "event": "catalog", "aggregate": "sum", "property": "value",
        "comparison": "exactly", "value": HISTORY_SUM, "within_days": HISTORY_DAYS,
    },
    {
        "type": "amount", "event": "catalog", "aggregate": "distinct", "property": "product",
        "comparison": "at_least", "value": 5, "within_days": 92,
    },
    {
        "type": "favourite", "event": "catalog", "within_days": 92,
        "test": {"property": "list", "operator": "equals", "value": "summer"},
    },
)  # fmt: skip
_TOUCHED_IDS: Final = tuple(f"touched-{n}" for n in range(len(_TOUCHED)))
_SUM: Final = _TOUCHED_IDS[2]


def publish(stage: Stage) -> None:
    """Put settings and as many segments as there may be that an event `catalog` does not touch.

    They are copies of the rows of one that was put: each call checks what all others mean.
    """
    other = {"type": "event", "event": "other-0", "within_days": 30}
    stage.administrate(
        ("PUT", "/settings", {"email_from": "shop@example.com", "consent_required": []}),
        _segment("other-0", other),
    )
    rows = [json.dumps(item) for item in stage.every(CATALOG) if "other-0" in item["sk"]["S"]]
    copies = (
        json.loads(row.replace("other-0", f"other-{n}"))
        for row in rows
        for n in range(1, PUBLISHED - len(_TOUCHED))
    )
    stage.put(copies, CATALOG)


def ingest_events(stage: Stage) -> Iterator[Peak]:
    """Batches of the largest size: of as many events, and of as large ones, as are taken."""
    (made,) = stage.administrate(("POST", "/write-keys", {"source_id": "bench"})).answers
    many = _batch([_tiny(n) for n in range(MAX_BATCH_EVENTS)])
    large = _batch([_large(n) for n in range(MAX_BATCH_BYTES // MAX_EVENT_BYTES - 1)])
    for body in (many, large):
        assert 0.8 * MAX_BATCH_BYTES < len(body) <= MAX_BATCH_BYTES, len(body)
    requests = [
        http_request("POST", "/v1/batch", body, "") | {"headers": _headers(made["write_key"])}
        for body in (many, large)
    ]
    ran = stage.run("ingest_events", requests)
    for body, answer in zip((many, large), ran.answers, strict=True):
        assert json.loads(answer["body"])["accepted"] == len(json.loads(body)["batch"]), answer
    what = f"a body of {MAX_BATCH_BYTES // 1024} KB: {MAX_BATCH_EVENTS:,} events, or of 32 KB each"
    yield Peak("ingest_events", what, ran.peak_mb)


def merge_identity(stage: Stage) -> Iterator[Peak]:
    """A full batch of full messages; the first event of each makes a person."""
    now = _now()
    bodies = []
    for user in range(_MESSAGES):
        name = f"user-{user}" if user else LONG
        told = Event(**_common(f"{name}-0", "identify", name, now), traits=_traits(name))
        tracked = (Event(**_common(f"{name}-{n}", "track", name, now)) for n in range(1, 2_000))
        bodies.append(next(pack(map(encode, (told, *tracked)))))
    ran = stage.from_queue("merge_identity", bodies)
    sent = [len(decode(body)) for body in bodies]
    for user, count in enumerate(sent):
        found = stage.rows(stage.strand(f"user-{user}" if user else LONG), keys.EVENT_PREFIX)
        assert len(found) == count, f"{len(found)} of {count} events are there"
    what = f"{_MESSAGES} messages of 128 KB: {sum(sent):,} events of {_MESSAGES} people"
    yield Peak("merge_identity", what, ran.peak_mb)


def update_tags(stage: Stage) -> Iterator[Peak]:
    """Somebody with a long history: everything built from the timeline, then a full batch."""
    strand, now = stage.strand(LONG), _now()
    known = stage.rows(strand, keys.EVENT_PREFIX)[:_STREAM_BATCH]
    stage.run("update_tags", [stream_of(known, 1)])  # from now on the person is known
    _remember(stage, strand, now, len(known) + 1)
    touched = dict(zip(_TOUCHED_IDS, _TOUCHED, strict=True))
    stage.administrate(*(_segment(name, each) for name, each in touched.items()))
    ran = stage.run("update_tags", [{"workspace_id": WORKSPACE, "profile_ids": [strand]}])
    assert (ran.answers[0]["people"], ran.answers[0]["failed"]) == (1, []), ran.answers
    assert _is_member(stage, strand, _SUM), "not every event is in the sum"
    yield Peak("update_tags", f"a build of one person from {HISTORY:,} events", ran.peak_mb)

    room = _PAYLOAD // _STREAM_BATCH // 2  # a row of the stream holds its event as text
    events = [
        Event(
            **_common(f"new-{n}", "track", LONG, now),
            properties={**_bought(n), "note": "x" * min(room, MAX_EVENT_BYTES - 1_000)},
        )
        for n in range(_STREAM_BATCH)
    ]
    items = [event_item(strand, event) for event in events]
    stage.put(items)
    ran = stage.run("update_tags", [stream_of(items, len(known) + HISTORY + 1)])
    state = from_item(stage.row(keys.Key(keys.person(WORKSPACE, strand), keys.STATE)))
    heard = state["events"] + state.get("own", 0)
    assert heard == len(known) + HISTORY + _STREAM_BATCH, heard
    assert not _is_member(stage, strand, _SUM), "the new events are not in the sum"
    what = (
        f"{_STREAM_BATCH} events of {room // 1000} KB of one person with {HISTORY:,} before, "
        f"{len(_TOUCHED)} of {PUBLISHED:,} segments touched"
    )
    yield Peak("update_tags", what, ran.peak_mb)


def write_lake(stage: Stage) -> Iterator[Peak]:
    """A full batch of rows as large as fit into one invocation."""
    now, lines = _now(), 0
    room = _PAYLOAD // _LAKE_BATCH - 700
    events = [
        Event(**_common(f"lake-{n}", "track", LONG, now), properties={"note": "x" * room})
        for n in range(_LAKE_BATCH)
    ]
    ran = stage.run("write_lake", [stream_of([event_item("s", each) for each in events], 1)])
    s3 = stage.aws.client("s3")
    for found in s3.list_objects_v2(Bucket=LAKE, Prefix="events/").get("Contents", ()):
        lines += len(s3.get_object(Bucket=LAKE, Key=found["Key"])["Body"].read().splitlines())
    assert lines == _LAKE_BATCH, f"{lines} rows are in the lake"
    yield Peak("write_lake", f"{_LAKE_BATCH:,} events of {room // 1000} KB", ran.peak_mb)


# --- what is handed over ------------------------------------------------------------------------


def history(now: datetime) -> Iterator[Event]:
    """So many events of one person, evenly over the days until now, all of them within these."""
    step = timedelta(days=HISTORY_DAYS - 2) / HISTORY
    for n in range(HISTORY):
        at = now - step * (HISTORY - n)
        yield Event(**_common(f"past-{n}", "track", LONG, at), properties=_bought(n))


def _remember(stage: Stage, strand: str, now: datetime, first: int) -> None:
    """Put a long history into the timeline, and into what is counted of it."""
    stage.put(event_item(strand, event) for event in history(now))
    occurrences = [
        Occurrence(position_of(str(n)), event.name, event.occurred_at)
        for n, event in enumerate(history(now), first)
    ]
    states = StateStore(stage.aws.client("dynamodb"), PROFILES)
    for (name, month), counted in fold_counters(occurrences, _ZONE).items():
        states.fold_counter(WORKSPACE, strand, name, month, counted)
    fold = fold_state(occurrences)
    assert fold
    states.fold_state(WORKSPACE, strand, fold)


def _is_member(stage: Stage, strand: str, segment_id: str) -> bool:
    key = keys.Key(keys.person(WORKSPACE, strand), keys.membership(segment_id))
    return bool(from_item(stage.row(key))["member"])


def _segment(name: str, condition: dict[str, Any]) -> tuple[str, str, object]:
    body = {"segment_id": name, "title": name, "condition": condition}
    return "PUT", f"/segments/{name}", body


def _common(message_id: str, kind: str, user: str, at: datetime) -> dict[str, Any]:
    name = "catalog" if kind == "track" else f"${kind}"
    return {
        "workspace_id": WORKSPACE, "source_id": "bench", "message_id": message_id, "type": kind,
        "name": name, "occurred_at": at, "received_at": at, "timestamp": at, "user_id": user,
    }  # fmt: skip


def _bought(n: int) -> dict[str, Any]:
    return {"product": f"sku-{n % 5_000}", "value": n % _PRICES + 0.9, "list": f"list-{n % 7}"}


def _traits(name: str) -> dict[str, Any]:
    return {"email": f"{name}@example.com", "first_name": name, "city": "杭州"}


def _batch(events: list[dict[str, Any]]) -> bytes:
    return json.dumps({"batch": events}, separators=(",", ":")).encode()


def _tiny(n: int) -> dict[str, Any]:
    event = {"type": "track", "userId": "u", "event": f"e{n}", "messageId": f"tiny-{n}"}
    return event | {"properties": {f"p{k}": k for k in range(15)}}


def _large(n: int) -> dict[str, Any]:
    """As many objects as there is room for: what JSON tells in two characters takes 64 bytes."""
    event = {"type": "track", "userId": "u", "event": "large", "messageId": f"large-{n}"}
    return event | {"properties": {"list": [[] for _ in range(MAX_EVENT_BYTES // 3 - 200)]}}


def _headers(write_key: str) -> dict[str, str]:
    from base64 import b64encode

    user = b64encode(f"{write_key}:".encode()).decode()
    return {"authorization": f"Basic {user}", "content-type": "application/json"}


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
