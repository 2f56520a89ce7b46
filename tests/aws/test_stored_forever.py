"""Whatever a version has once written, every later one reads: rows, messages in queues, the lake.

`tests/vectors/stored/<when>.json` holds what was really written then, and older shapes that readers
take still. Files are added and never changed: a reader that has to understand a new shape goes on
understanding the old one. What is read is compared with what it meant, written down beside.
"""

import json
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.merge_identity.decode import read_body, read_event
from functions.update_tags.records import read_changes
from shared.aws import consent_rows, identity_rows, message_rows
from shared.aws.enrolment_rows import enrolment_row, stored_of
from shared.aws.items import from_item, from_stream, to_item
from shared.aws.membership_store import membership_of
from shared.aws.profile_rows import event_of, profile_of
from shared.aws.state_rows import Strand, whole_state
from shared.aws.tag_store import held_of
from shared.aws.versions import MIGRATIONS
from shared.domain.counters.fold import counted_days, earned_days
from shared.domain.events.model import Event
from shared.domain.journeys.ports import Ref
from shared.domain.measures.taking import moments_from_json
from shared.domain.messages.model import MessageRequest
from shared.domain.recovery.rows import fact_of, lain_of
from shared.errors import NewerVersionError, PermanentError
from tests.conftest import NOON

FOLDER = Path(__file__).parents[1] / "vectors" / "stored"
FILES = sorted(FOLDER.glob("*.json"))
FIRST = FOLDER / "2026-11.json"
Read = Callable[[dict[str, Any]], Any]


def state(item: dict[str, Any]) -> Any:
    row = from_item(item)
    return whole_state(row, [row]), Strand.of(row)


def message(item: dict[str, Any]) -> Any:
    row = from_item(item)
    _, _, profile_id = row["pk"].split("#")
    return message_rows.request_of("default", profile_id, row["sk"].removeprefix("MSG#"), row)


def counter(item: dict[str, Any]) -> Any:
    row = from_item(item)
    month = row["sk"].rpartition("#")[2]
    return counted_days(month, row), earned_days(month, row)


def as_the_stream_brings_it(item: dict[str, Any]) -> Any:
    keys = {name: item[name] for name in ("pk", "sk")}
    change = {"Keys": keys, "NewImage": item, "SequenceNumber": "1"}
    return read_changes(item["pk"]["S"], [{"eventName": "INSERT", "dynamodb": change}])


ROWS: dict[str, Read] = {
    "event": lambda item: (event_of(item), as_the_stream_brings_it(item)),
    "profile_of_a_person": lambda item: (
        profile_of("default", item),
        identity_rows.standing_of(item),
        as_the_stream_brings_it(item),
    ),
    "profile_that_redirects": identity_rows.standing_of,
    "state": state,
    "state_before_streams_had_names": state,
    "counter": counter,
    "moments": lambda item: moments_from_json(json.loads(from_item(item)["moments"])),
    "membership": membership_of,
    "tag": held_of,
    "consents_in_force": consent_rows.kept_of,
    "consents_before_they_were_told": consent_rows.kept_of,
    "decision_about_consent": lambda item: consent_rows.decision_of(from_item(item)),
    "dispute": identity_rows.dispute_of,
    "identifier": identity_rows.sighting_of,
    "enrolment": lambda item: stored_of(from_item(item)),
    "enrolment_that_says_its_version": lambda item: stored_of(from_item(item)),
    "enrolment_before_it_was_packed": lambda item: stored_of(from_item(item)),
    "listener": lambda item: json.loads(from_item(item)["kinds"]),
    "message": message,
}
TEXTS: dict[str, Read] = {
    "lake_event": lain_of,
    "lake_fact": fact_of,
    "lake_identity": fact_of,
    "queue_events": lambda data: [read_event(one) for one in read_body(json.dumps(data))],
    "queue_message": lambda data: MessageRequest.from_body(json.dumps(data)),
    "event_of_a_newer_version": Event.from_json,
}
SAMPLES = [
    pytest.param(path, kind, name, id=f"{path.stem}-{name}")
    for path in FILES
    for kind, samples in json.loads(path.read_text()).items()
    if kind in ("rows", "texts")
    for name in samples
]


def meaning(path: Path, kind: str, name: str) -> str:
    sample = json.loads(path.read_text())[kind][name]
    if kind == "texts":
        return repr(TEXTS[name](sample))
    item = {
        key: {"B": b64decode(value["B"])} if "B" in value else value
        for key, value in sample.items()
    }
    return repr(ROWS[name](item))


def test_there_are_samples_of_everything_that_is_read():
    every = [json.loads(path.read_text()) for path in FILES]
    for kind, read in (("rows", ROWS), ("texts", TEXTS)):
        assert {name for kept in every for name in kept[kind]} == read.keys()


def test_there_are_samples_of_every_version_of_rows():
    kept = [json.loads(path.read_text())["rows"].values() for path in FILES]
    found = {
        (row["sk"]["S"].partition("#")[0], int(row.get("v", {"N": "1"})["N"]))
        for rows in kept
        for row in rows
    }
    for kind, steps in MIGRATIONS.items():
        assert {(kind, version) for version in range(1, len(steps) + 2)} <= found


def test_a_row_of_a_newer_version_is_refused_by_every_reader_and_stays_as_it_is():
    kept = json.loads(FIRST.read_text())["rows"]
    for name in ("enrolment", "event", "membership", "state"):
        row = {**kept[name], "v": {"N": "99"}}
        with pytest.raises(NewerVersionError, match="99"):
            from_item(row)
        with pytest.raises(NewerVersionError):
            from_stream(row)


def test_what_is_written_today_says_its_version_and_what_is_read_forward_can_be_written():
    kept = json.loads(FIRST.read_text())["rows"]["enrolment_before_it_was_packed"]
    row = from_item(kept)
    assert row["v"] == len(MIGRATIONS["ENR"]) + 1
    assert from_item(to_item(row)) == row
    stored = stored_of(row)
    ref = Ref("default", stored.enrolment.profile_id, stored.enrolment.enrolment_id)
    assert enrolment_row(ref, stored, NOON)["v"] == row["v"]


@pytest.mark.parametrize(("path", "kind", "name"), SAMPLES)
def test_what_was_written_once_means_the_same_for_ever(path, kind, name):
    said = json.loads(path.read_text())["said"][name]
    for part in said:
        assert part in meaning(path, kind, name)


def test_an_enrolment_means_the_same_in_both_shapes():
    kept = FIRST
    before, packed = (
        meaning(kept, "rows", name) for name in ("enrolment_before_it_was_packed", "enrolment")
    )
    assert before == packed


def test_what_only_a_newer_version_of_the_queue_says_is_kept_for_it():
    with pytest.raises(PermanentError):
        read_body(json.dumps({"v": 2, "events": []}))
