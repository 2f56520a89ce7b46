"""What holds for every input: nothing else raises, everything adds up, retries meet themselves."""

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.check import Checked
from shared.domain.events.limits import MAX_DEPTH, MAX_EVENT_BYTES
from shared.domain.events.packing import MAX_MESSAGE_BYTES, decode, pack, size
from shared.domain.events.routes import ROUTES
from shared.errors import InvalidInputError

Take = Callable[..., Checked]

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
IDS = st.none() | st.text(max_size=20) | st.integers() | JUNK


def instants(first: datetime, last: datetime) -> st.SearchStrategy[str]:
    seconds = st.floats(first.timestamp(), last.timestamp())
    return seconds.map(lambda at: datetime.fromtimestamp(at, UTC).isoformat())


DAY_BEFORE, DAY = datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)
TIMES = instants(datetime(2020, 1, 1, tzinfo=UTC), DAY_BEFORE)
SENDING = instants(DAY_BEFORE, DAY)
TYPES = st.sampled_from(["track", "identify", "page", "screen", "group", "alias"])
LIKELY = st.fixed_dictionaries(
    {"type": TYPES | JUNK, "event": st.text(max_size=10) | JUNK, "userId": IDS},
    optional={
        **dict.fromkeys(("anonymousId", "messageId", "previousId", "groupId"), IDS),
        **dict.fromkeys(("timestamp", "originalTimestamp", "sentAt"), TIMES | JUNK),
        **dict.fromkeys(("properties", "traits", "context", "integrations", "name"), JUNK),
        **dict.fromkeys(("uuid", "distinct_id", "$set", "api_key", "writeKey"), JUNK),
    },
)
SOUND = st.fixed_dictionaries(
    {"type": st.just("track"), "event": st.sampled_from("ab"), "userId": st.sampled_from("uv")},
    optional={
        "timestamp": TIMES,
        "messageId": st.text(st.characters(codec="ascii", categories=["L"]), max_size=9),
        "properties": st.dictionaries(st.sampled_from("ab"), st.integers(0, 2), max_size=2),
    },
)
PATHS = st.sampled_from(sorted(ROUTES))


@given(body=st.binary() | st.binary().map(gzip.compress) | st.text().map(str.encode), path=PATHS)
def test_bytes_are_taken_or_refused_and_nothing_else(take: Take, body: bytes, path: str) -> None:
    with suppress(InvalidInputError):
        take(body, path)


@given(st.data())
def test_a_damaged_batch_is_taken_or_refused_and_nothing_else(
    take: Take, good: Callable[..., Any], data: st.DataObject
) -> None:
    body = bytearray(json.dumps({"batch": [good(), good()]}).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InvalidInputError):
        take(bytes(body))


@given(events=st.lists(LIKELY | JUNK, max_size=6), path=st.sampled_from(["/v1/batch", "/batch"]))
def test_every_event_is_accepted_or_rejected_once(take: Take, events: list[Any], path: str) -> None:
    checked = take({"batch": events}, path)

    rejected = [rejection.index for rejection in checked.rejected]
    assert len(checked.accepted) + len(rejected) == len(events)
    assert rejected == sorted(set(rejected))
    json.dumps([rejection.to_json() for rejection in checked.rejected], ensure_ascii=False).encode()


@given(events=st.lists(LIKELY | SOUND, max_size=6), path=st.sampled_from(["/v1/batch", "/batch"]))
def test_what_is_queued_is_what_was_accepted(take: Take, events: list[Any], path: str) -> None:
    accepted = take({"batch": events}, path).accepted

    bodies = list(pack(each.text for each in accepted))
    stored = [event for body in bodies for event in decode(body)]
    assert [event.to_json() for event in stored] == [each.event.to_json() for each in accepted]
    for each in accepted:
        assert size(each.text) <= MAX_EVENT_BYTES + 512
        assert each.event.user_id or each.event.anonymous_id
        assert each.event.occurred_at <= each.event.received_at
    for body in bodies:
        assert size(body) <= MAX_MESSAGE_BYTES
        # What SQS takes: the characters of XML 1.0.
        assert all(c in "\t\n\r" or " " <= c <= "\ud7ff" or c >= "\ue000" for c in body)
        assert not {"\ufffe", "\uffff"} & set(body)


@given(
    events=st.lists(SOUND, max_size=8),
    later=st.integers(0, 10**9).map(lambda ms: timedelta(milliseconds=ms)),
    sent=st.tuples(SENDING, SENDING),
)
def test_a_retry_meets_the_same_ids_and_timestamps(
    take: Take, events: list[Any], later: timedelta, sent: tuple[str, str]
) -> None:
    """An event that has neither id nor time of its own is another event each time it is sent."""
    again = [{**event, "sentAt": sent[1]} for event in events]

    first = take({"batch": events, "sentAt": sent[0]}, at=DAY).accepted
    second = take({"batch": again, "sentAt": sent[1]}, at=DAY + later).accepted

    assert [each.event.timestamp for each in first] == [each.event.timestamp for each in second]
    for source, one, other in zip(events, first, second, strict=True):
        nameable = source.get("messageId") or source.get("timestamp") or not later
        assert (one.event.message_id == other.event.message_id) == bool(nameable)


@given(events=st.lists(SOUND, min_size=1, max_size=8))
def test_equal_events_of_one_batch_stay_apart(take: Take, events: list[Any]) -> None:
    unnamed = [{**event, "messageId": None} for event in events]

    ids = [each.event.message_id for each in take({"batch": unnamed}).accepted]

    assert len(set(ids)) == len(events)


@given(events=st.lists(LIKELY, min_size=1, max_size=5))
def test_no_event_depends_on_its_neighbours(take: Take, events: list[Any]) -> None:
    together = take({"batch": events})
    alone = [take({"batch": [event]}) for event in events]

    codes = {rejection.index: rejection.code for rejection in together.rejected}
    assert codes == {i: one.rejected[0].code for i, one in enumerate(alone) if one.rejected}


@given(event=LIKELY, name=TYPES)
def test_one_event_is_a_batch_of_one(take: Take, event: dict[str, Any], name: str) -> None:
    event.pop("batch", None)
    event["type"] = name

    one, batch = take(event, f"/v1/{name}"), take({"batch": [event]})

    assert [each.event for each in one.accepted] == [each.event for each in batch.accepted]
    assert one.rejected == batch.rejected


@given(events=st.lists(SOUND, max_size=5), level=st.integers(0, 9))
def test_compression_changes_nothing(take: Take, events: list[Any], level: int) -> None:
    body = json.dumps({"batch": events}, ensure_ascii=False).encode()
    assert take(gzip.compress(body, level)) == take(body)


@given(depth=st.integers(1, 2_000), opening=st.sampled_from(["[", '{"a":', '[{"b":']))
def test_depth_is_bounded_wherever_python_gives_up(
    take: Take, good: Callable[..., Any], depth: int, opening: str
) -> None:
    closing = opening[::-1].translate(str.maketrans("[{", "]}", '":ab'))
    nested = f"{opening * depth}1{closing * depth}"
    text = f'{{"type":"track","event":"e","userId":"u","properties":{{"x":{nested}}}}}'

    checked = take(f'{{"batch":[{text},{json.dumps(good())}]}}'.encode())

    levels = 2 + depth * len(closing)
    assert [rejection.code for rejection in checked.rejected] == (
        ["too_deep"] if levels > MAX_DEPTH else []
    )
    assert checked.accepted[-1].event.message_id == "m-1"
