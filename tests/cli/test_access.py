"""Who changed what, and keys that take each other's place, by the command."""

import json

import pytest

from cli.client import is_token

SEGMENT = """
kind: segment
segment_id: buyers
title: Buyers
condition: {type: event, event: payment_done}
"""


def test_the_audit_trail_is_told_in_lines_and_as_json(rapport, tmp_path):
    file = tmp_path / "segment.yaml"
    file.write_text(SEGMENT)
    rapport("apply", str(file))
    file.write_text(SEGMENT.replace("Buyers", "Customers"))
    rapport("apply", str(file))
    said = rapport("audit").out
    assert "admin key (machine)  put_segment  segment_id=buyers build=1 outcome=updated" in said
    assert "SEGMENT#buyers: status=published version=1 → status=published version=2" in said
    assert "SEGMENT#buyers: nothing → status=published version=1" in said
    [latest] = [
        json.loads(line) for line in rapport("audit", "--limit", "1", "--json").out.splitlines()
    ]
    [change] = latest["changes"]
    assert json.loads(change["before"]["text"])["title"] == "Buyers"
    assert json.loads(change["after"]["text"])["title"] == "Customers"
    assert "→ 已完成" in rapport("--lang", "zh", "audit").out
    assert rapport("audit", "--profile", "nobody").out == ""


def test_a_key_is_rotated_and_both_are_listed(rapport):
    rapport("write-key", "create", "web", "--events-per-minute", "5000")
    prefix = rapport("write-key", "list").out.splitlines()[1].split()[0]
    turned = rapport("write-key", "rotate", prefix, "--old-key-hours", "2")
    assert turned.out.startswith("wk_")
    assert "the old key works until" in turned.err
    listed = rapport("write-key", "list").out
    assert listed.count("5,000") == 2  # narrow terminals break lines within a cell
    assert "until" in listed


def test_one_limit_of_a_key_in_use_is_changed_and_the_other_stays(rapport, api):
    rapport("write-key", "create", "web", "--max-event-bytes", "8000")
    prefix = rapport("write-key", "list").out.splitlines()[1].split()[0]

    def limits():
        [one] = api.get("/write-keys").body["write_keys"]
        return one["events_per_minute"], one["max_event_bytes"]

    assert "updated" in rapport("write-key", "limit", prefix, "--events-per-minute", "6000").out
    assert limits() == (6_000, 8_000)
    rapport("write-key", "limit", prefix, "--max-event-bytes", "0")
    assert limits() == (6_000, None)
    refused = rapport("write-key", "limit", "ffffffffffff", "--events-per-minute", "6000")
    assert (refused.code, "0 write keys begin" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("key", "answer"),
    [("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", True), ("A1b2C3d4E5f6G7h8", False),
     ("eyJhbGci", False), ("wk_eyJ.a.b", False)],
)  # fmt: skip
def test_a_token_is_told_from_an_admin_key(key, answer):
    assert is_token(key) is answer
