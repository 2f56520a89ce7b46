"""Why somebody is in a journey or is not, and whether the past can be run again."""

import json
from datetime import timedelta

import pytest

from shared.aws.enrolment_rows import enrolment_of
from shared.aws.items import from_item, to_item
from shared.aws.packing import known_of, pack
from shared.domain.journeys.stimulus import Happened
from tests.conftest import NOON
from tests.functions.manage_workspace.people import JOURNEY

PAID = Happened(fact_id="m-paid", trigger="payment_done", occurred_at=NOON + timedelta(hours=1))


@pytest.fixture
def why(api, ada):
    def ask(journey_id="cart", **query):
        answer = api.get(f"/journeys/{journey_id}/why", kind="user_id", value="ada", **query)
        assert answer.status == 200, answer.body
        return answer.body

    return ask


def test_each_decision_is_told_in_words_with_its_message(api, ada, why):
    ada.enrols()
    ada.message_ends(status="suppressed", reason="no_consent")
    told = why()
    (run,) = told["runs"]
    assert [one["decision"] for one in run["decisions"]] == ["entered", "requested", "waiting"]
    assert run["decisions"][0]["text"] == {
        "en": "entered, because: cart", "zh": "进入旅程，原因：cart",
    }  # fmt: skip
    message = run["decisions"][1]["message"]
    assert (message["status"], message["reason"]) == ("suppressed", "no_consent")
    assert told["text"] == {"en": "Stands in “one day”.", "zh": "停留在“one day”。"}
    assert [one["step"] for one in run["unsent"]] == ["second"]
    assert [one["outcome"] for one in told["tries"]] == ["entered"]


def test_of_one_step_it_says_what_became_of_its_message(ada, why):
    ada.enrols(PAID)
    ada.message_ends(status="suppressed", reason="no_consent")
    assert "has not agreed" in why(step="first")["text"]["en"]
    second = why(step="second")
    assert second["runs"][0]["decisions"] == []
    assert "payment_done" in second["text"]["en"]
    assert second["text"]["zh"]


def test_who_is_not_in_it_is_told_which_rule_kept_her_out(api, ada, why):
    filtered = {**JOURNEY, "entry": {"type": "event", "event": "cart", "where": {"price": 2}}}
    api.put("/journeys/cart", filtered)
    told = why()
    assert [one["outcome"] for one in told["tries"]] == ["filtered"]
    assert told["text"]["en"] == ("It does not pass the filter of the entry: price is 1.5, not 2.")
    never = {**JOURNEY, "entry": {"type": "event", "event": "refund"}}
    api.put("/journeys/refunds", never)
    told = why("refunds")
    assert told["tries"] == []
    assert "never did refund" in told["text"]["en"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/journeys/none/why", {"kind": "user_id", "value": "ada"}),
        ("/journeys/cart/why", {"kind": "user_id", "value": "u-404"}),
        ("/journeys/cart/why", {"kind": "user_id", "value": "ada", "step": "nowhere"}),
        ("/profiles/nobody/enrolments/e1/replay", {}),
    ],
)
def test_what_is_not_there_is_said_to_be_missing(api, ada, path, query):
    assert api.get(path, **query).status == 404


def replayed(api, ada):
    answer = api.get(f"/profiles/{ada.profile_id}/enrolments/e1/replay")
    assert answer.status == 200, answer.body
    return answer.body


def test_a_run_is_replayed_from_what_is_stored(api, ada, make_event):
    ada.does(make_event("payment_done", at=NOON + timedelta(hours=1), message_id="m-paid"))
    ada.enrols(PAID)
    told = replayed(api, ada)
    assert told["same"] is True
    assert told["whole"] is True
    assert [one["by"] for one in told["lines"]] == [
        "timeline", "definition", "definition", "timeline", "definition",
    ]  # fmt: skip


def test_a_trace_that_was_tampered_with_is_found(api, ada, dynamodb, profiles_table, make_event):
    ada.does(make_event("payment_done", at=NOON + timedelta(hours=1), message_id="m-paid"))
    ada.enrols(PAID)
    (row,) = [
        item
        for item in dynamodb.scan(TableName=profiles_table)["Items"]
        if item["sk"]["S"] == "ENR#e1"
    ]
    stored = from_item(row)
    body = enrolment_of(stored).to_json()
    body["trace"][1]["next"] = "second"
    packed = pack(json.dumps(body), known_of(stored))
    dynamodb.put_item(TableName=profiles_table, Item=to_item({**stored, "body": packed}))
    told = replayed(api, ada)
    assert told["same"] is False
    assert [one["same"] for one in told["lines"]] == [True, False, True, True, True]


def test_an_enrolment_that_is_not_there_is_said_to_be_missing(api, ada):
    assert api.get(f"/profiles/{ada.profile_id}/enrolments/none/replay").status == 404
