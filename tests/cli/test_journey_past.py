"""Why and replay in the terminal: each decision in words, each difference on its own line."""

import json

import pytest

from shared.aws.enrolment_rows import enrolment_of
from shared.aws.items import from_item, to_item
from shared.aws.packing import known_of, pack
from tests.functions.manage_workspace.conftest import ada, clock  # noqa: F401


@pytest.fixture
def enrolment(ada):  # noqa: F811
    ada.enrols()
    ada.message_ends(status="suppressed", reason="no_consent")
    return f"{ada.profile_id}/e1"


def test_why_tells_each_decision_and_each_message(rapport, enrolment):
    said = rapport("journey", "why", "user_id", "ada", "cart")
    assert said.code == 0
    assert enrolment in said.out
    assert "entered, because: cart" in said.out
    assert "→ suppressed: The profile has not agreed" in said.out
    assert "Stands in “one day”. Goes on at 2026-11-23T12:00:00.000Z" in said.out
    chinese = rapport("--lang", "zh", "journey", "why", "user_id", "ada", "cart").out
    assert "进入旅程，原因：cart" in chinese
    assert "停留在“one day”。" in chinese


def test_why_of_one_step_leaves_the_others_out(rapport, enrolment):
    said = rapport("journey", "why", "user_id", "ada", "cart", "--step", "second").out
    assert "second: Not reached yet." in said
    assert "first:" not in said


def test_a_run_that_can_be_replayed_ends_well(rapport, enrolment):
    said = rapport("journey", "replay", enrolment)
    assert (said.code, said.out.splitlines()[-1]) == (0, "4 lines, 0 differ")
    assert all(line.startswith("= ") for line in said.out.splitlines()[:-1])


def test_a_difference_is_shown_twice_and_ends_with_a_code(
    rapport, enrolment, dynamodb, profiles_table
):
    items = dynamodb.scan(TableName=profiles_table)["Items"]
    (row,) = [item for item in items if item["sk"]["S"] == "ENR#e1"]
    stored = from_item(row)
    body = enrolment_of(stored).to_json()
    body["trace"][1]["next"] = "second"
    packed = pack(json.dumps(body), known_of(stored))
    dynamodb.put_item(TableName=profiles_table, Item=to_item({**stored, "body": packed}))
    said = rapport("journey", "replay", enrolment)
    assert said.code == 1
    lines = said.out.splitlines()
    assert [line[0] for line in lines[:-1]] == ["=", "-", "+", "=", "="]
    assert '"next":"second"' in lines[1]
    assert '"next":"one day"' in lines[2]
    assert lines[-1] == "4 lines, 1 differ"


def test_a_name_that_is_none_is_refused(rapport):
    said = rapport("journey", "replay", "e1")
    assert said.code == 1
    assert "PROFILE/ENROLMENT" in said.err
