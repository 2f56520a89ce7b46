"""Operators ask for backtests, see how far they are, and what a journey costs."""

import json
from dataclasses import replace

import pytest

from functions.backtest_journey.usecase import BacktestJourney
from functions.manage_workspace import handler
from functions.manage_workspace.ports import Call
from functions.manage_workspace.routes_backtests import get_backtest
from shared.aws import session
from shared.aws.archives import Archives
from shared.aws.backtest_store import BacktestStore
from shared.aws.query_results import QueryResults
from shared.domain.access.operators import Operator
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from tests.conftest import NOON
from tests.functions.build_segments.lake import LakeAthena

EMAIL = {"channel": "email", "subject": "Hi", "html": "<p>{{ profile.first_name }}</p>"}
JOURNEY = {
    "title": "Cart",
    "purpose": "transactional",
    "entry": {"type": "event", "event": "cart"},
    "steps": [{"type": "send", "name": "remind", "template_id": "hello"}],
}
PERIOD = {"first_day": "2026-11-20", "last_day": "2026-11-22"}


@pytest.fixture
def asks(api, clock):
    """A draft of a journey, and what asks for a backtest of it."""
    api.put("/settings", {"email_from": "a@example.com", "timezone": "Asia/Shanghai"})
    api.put("/templates/hello", EMAIL)
    api.put("/journeys/carts", JOURNEY)
    session.client("s3").create_bucket(Bucket="archives")

    def ask(**more):
        return api.post("/journeys/carts/backtests", {**PERIOD, **more})

    return ask


def queued():
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName="backtests")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(each["Body"]) for each in found]


def test_its_name_can_stand_alone_after_a_command(asks):
    object.__setattr__(handler.wiring().ports, "new_secret", lambda: "-a-b" * 11)
    assert asks().body["backtest"]["backtest_id"] == "_a_b_a_b_a_b_a_b_a_b_a"


def test_a_backtest_is_written_down_and_sent_for(api, asks):
    told = asks().body["backtest"]
    assert (told["status"], told["version"], told["report"]) == ("running", 1, None)
    assert told["until"] == "2026-11-22T12:00:00.000Z", "the day is not over yet"
    assert queued() == [{"workspace_id": "default", "backtest_id": told["backtest_id"]}]
    assert api.get(f"/backtests/{told['backtest_id']}").body["backtest"] == told


def test_days_are_those_of_the_workspace(asks):
    told = asks(last_day="2026-11-21").body["backtest"]
    assert told["until"] == "2026-11-21T16:00:00.000Z"


@pytest.mark.parametrize(
    ("wrong", "status", "where"),
    [
        ({"last_day": "2026-11-19"}, 400, ""),
        ({"first_day": "2024-11-19"}, 400, ""),
        ({"first_day": "2026-11-23", "last_day": "2026-11-24"}, 400, ""),
        ({"version": 2}, 404, None),
        ({"unknown": True}, 400, "unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(asks, wrong, status, where):
    answer = asks(**wrong)
    assert answer.status == status
    if where:
        assert answer.body["details"][0]["path"] == where
    assert queued() == []


def test_nothing_is_known_of_what_is_not_there(api, asks):
    assert api.post("/journeys/nothing/backtests", PERIOD).status == 404
    assert api.get("/backtests/nothing").status == 404
    assert api.post("/journeys/nothing/cost", {}).status == 404


def test_the_report_is_there_when_it_is_done(api, asks, dynamodb, catalog_table, make_event):
    told = asks(runs=True).body["backtest"]
    athena = LakeAthena()
    done = [
        make_event("$identify", type="identify", traits={"email": "ada@example.com"}, at=NOON),
        make_event("cart", at=NOON, properties={"price": 1.5}),
        make_event("cart", at=NOON.replace(day=25), properties={"price": 1.5}),
    ]
    received = [replace(one, received_at=one.occurred_at) for one in done]
    cut = [replace(one, received_at=one.occurred_at.replace(hour=11)) for one in received[:2]]
    athena.lake.add(EVENTS, [event_row("ada", one.to_json()) for one in [*cut, received[2]]])
    store = BacktestStore(dynamodb, catalog_table, athena.s3, "archives")
    BacktestJourney(
        store,
        handler.wiring().ports.published,
        athena,
        QueryResults(athena.s3),
        Archives(athena.s3, "archives"),
        None,
        lambda: NOON,
    ).carry_out("default", told["backtest_id"], lambda: 900.0)

    told = api.get(f"/backtests/{told['backtest_id']}").body["backtest"]
    assert (told["status"], told["done_share"], told["people"]) == ("done", 1.0, 1)
    report = told["report"]
    assert (report["enrolments"], report["sent"]) == (1, 0)
    assert report["messages"] == [
        {"day": "2026-11-22", "channel": "email", "outcome": "render_failed", "messages": 1}
    ]
    assert "lift" in report["note"]
    assert [one["clock"] for one in report["cost"]["clocks"]] == ["step_functions", "due_index"]
    [url] = told["runs_urls"]
    assert "runs-0.jsonl" in url
    ports = replace(handler.wiring().ports, operator=Operator("1", "wei", "viewer"))
    seen = get_backtest(ports, Call({"backtest_id": told["backtest_id"]}, {}, None))["backtest"]
    assert seen == {**told, "runs_urls": []}


def test_a_price_is_told_against_a_budget(api, asks):
    told = api.post("/journeys/carts/cost", {"people": 1_000, "traits": {"first_name": "Ann"}})
    cost = told.body["cost"]
    [email] = cost["delivery"]
    assert (email["channel"], email["parts"]) == ("email", {"least": 1_000, "most": 1_000})
    assert email["usd"]["most"] == pytest.approx(0.1)
    assert cost["is_within_budget"] is None
    asked = {"people": 1_000, "budget_usd": 0.01}
    cost = api.post("/journeys/carts/cost", asked).body["cost"]
    assert cost["is_within_budget"] is False
    assert "first_name" in cost["templates"][0]["problem"]
    assert api.post("/journeys/carts/cost").body["cost"]["people"] == 1_000_000
