"""Operators preview, start, watch, pause, resume and cancel broadcasts."""

import json
from datetime import timedelta

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.athena import Athena
from shared.domain.broadcasts.model import Part, Tried, Verdict, Wave
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.errors import TransientError
from tests.applying import applier_over
from tests.conftest import NOON
from tests.functions.build_segments.lake import LakeAthena
from tests.functions.manage_workspace.people import EMAIL

BOUGHT = {"type": "event", "event": "buy"}
SEND = {"type": "send", "name": "mail", "template_id": "hello"}
EXPERIMENT = {
    "type": "experiment",
    "name": "which",
    "variants": [{"name": "a", "control": True}, {"name": "b"}],
}
GOAL = {"event": "paid", "within": "P7D"}
NEWS = {"title": "News", "clock": "due_index", "entry": {"type": "call"}, "steps": [SEND]}
WANTED = {"journey_id": "news", "segment_id": "buyers"}
SAMPLE = {"share": 0.2, "decide_after": "PT4H"}


@pytest.fixture
def athena(api, clock, monkeypatch):
    lake = LakeAthena()
    monkeypatch.setattr(Athena, "query", lambda self, sql, **more: lake.query(sql, **more))
    return lake


@pytest.fixture
def shop(api, clock):
    """A segment, and journeys by every kind of entry that matters here."""
    api.put("/segments/buyers", {"title": "Buyers", "condition": BOUGHT})
    api.put("/templates/hello", EMAIL)
    weekly = {"type": "schedule", "cron": "0 9 * * 1", "segment_id": "buyers"}
    for name, more in {
        "news": {},
        "test": {"steps": [EXPERIMENT, SEND], "goal": GOAL},
        "aimless": {"steps": [EXPERIMENT, SEND]},
        "weekly": {"entry": weekly, "reentry": {"policy": "always"}},
        "cart": {"entry": {"type": "event", "event": "cart"}},
    }.items():
        assert api.put(f"/journeys/{name}", {**NEWS, **more}).status == 200
        published = api.post(f"/journeys/{name}/publish")
        assert published.status == 200, published.body
    api.put("/journeys/draft", NEWS)
    return api


def started():
    machines = session.client("stepfunctions")
    (arn,) = (
        each["stateMachineArn"]
        for each in machines.list_state_machines()["stateMachines"]
        if each["name"] == "broadcast-rapport"
    )
    return sorted(
        one["name"] for one in machines.list_executions(stateMachineArn=arn)["executions"]
    )


def broadcasting():
    return handler.wiring().ports.broadcasting


def test_a_broadcast_is_begun_once_for_each_id(shop):
    first = shop.put("/broadcasts/b1", WANTED)
    assert (first.status, first.body["outcome"]) == (200, "created")
    told = first.body["broadcast"]
    assert (told["state"], told["people"], told["segment_id"]) == ("running", None, "buyers")
    assert told["starts_at"] == told["asked_for_at"] == "2026-11-22T12:00:00.000Z"

    assert shop.put("/broadcasts/b1", WANTED).body["outcome"] == "unchanged"
    assert started() == ["default-b1-1"]
    assert shop.put("/broadcasts/b1", {**WANTED, "rate": 5}).status == 409
    later = {**WANTED, "at": "2026-11-23T08:00:00+08:00"}
    assert shop.put("/broadcasts/b1", later).status == 409
    assert shop.put("/broadcasts/b2", later).body["broadcast"]["starts_at"] == (
        "2026-11-23T00:00:00.000Z"
    )
    listed = shop.get("/broadcasts").body["broadcasts"]
    assert {one["broadcast_id"] for one in listed} == {"b1", "b2"}


def test_a_broadcast_that_could_not_be_started_is_by_the_same_request_again(shop, monkeypatch):
    def busy(*arguments):
        raise TransientError("busy")

    with monkeypatch.context() as patched:
        patched.setattr(type(broadcasting().desk.machine), "start", busy)
        assert shop.put("/broadcasts/b1", WANTED).status == 503
    assert started() == []
    assert shop.put("/broadcasts/b1", WANTED).body["outcome"] == "unchanged"
    assert started() == ["default-b1-1"]


@pytest.mark.parametrize(
    ("wanted", "status", "says"),
    [
        ({**WANTED, "journey_id": "none"}, 404, "none"),
        ({**WANTED, "journey_id": "draft"}, 409, "draft"),
        ({**WANTED, "journey_id": "cart"}, 400, "by event"),
        ({"journey_id": "news"}, 400, "one of segment_id"),
        ({**WANTED, "segment_id": "none"}, 400, "none"),
        ({**WANTED, "sample": SAMPLE}, 400, "experiment"),
        ({**WANTED, "journey_id": "aimless", "sample": SAMPLE}, 400, "goal"),
        ({**WANTED, "journey_id": "test", "sample": {**SAMPLE, "experiment": "x"}}, 400, "which"),
        ({**WANTED, "journey_id": "test", "sample": {**SAMPLE, "share": 1}}, 400, "less than 1"),
        ({**WANTED, "local_time": "24:00"}, 400, "pattern"),
        ({**WANTED, "rate": 0}, 400, "greater"),
        ({**WANTED, "at": "2027-11-22T00:00:00Z"}, 400, "60 days"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(shop, wanted, status, says):
    answer = shop.put("/broadcasts/b1", wanted)
    assert answer.status == status, answer.body
    assert says in json.dumps(answer.body)
    assert started() == []


@pytest.mark.parametrize("name", ["B1", "1b", "b" * 61, "b.1"])
def test_an_id_must_fit_into_the_name_of_an_execution(shop, name):
    assert shop.put(f"/broadcasts/{name}", WANTED).status == 400


def test_a_sample_needs_no_name_of_its_experiment_where_there_is_but_one(shop):
    answer = shop.put("/broadcasts/b1", {**WANTED, "journey_id": "test", "sample": SAMPLE})
    assert answer.body["broadcast"]["sample"] == {
        "share": 0.2,
        "decide_after_seconds": 14_400,
        "experiment": "which",
        "least": 10,
    }


def test_a_journey_with_a_schedule_can_be_sent_in_between(shop):
    assert shop.put("/broadcasts/b1", {**WANTED, "journey_id": "weekly"}).status == 200


def test_pausing_resuming_and_cancelling_may_be_repeated(shop):
    shop.put("/broadcasts/b1", WANTED)
    for _ in range(2):
        assert shop.post("/broadcasts/b1/pause").body["broadcast"]["state"] == "paused"
    for _ in range(2):
        assert shop.post("/broadcasts/b1/resume").body["broadcast"]["state"] == "running"
    assert started() == ["default-b1-1", "default-b1-2"]
    for _ in range(2):
        assert shop.post("/broadcasts/b1/cancel").body["broadcast"]["state"] == "cancelled"
    for done in ("pause", "resume"):
        assert shop.post(f"/broadcasts/b1/{done}").status == 409
    assert shop.post("/broadcasts/none/pause").status == 404


def test_progress_says_who_is_next_and_what_came_of_the_sample(shop):
    shop.put("/broadcasts/b1", {**WANTED, "journey_id": "test", "sample": SAMPLE})
    desk, one = broadcasting(), broadcasting().store.load("default", "b1")
    waves = (Wave("sample", "", NOON, 600), Wave("rest", "", None, 1_400))
    desk.store.gathered("default", "b1", "f", NOON, waves)
    desk.parts.move("default", one, (0, 0), Part(), Part(500, 500, NOON, left=2))
    desk.parts.move("default", one, (0, 1), Part(), Part(75, 100, NOON))

    told = shop.get("/broadcasts/b1").body["broadcast"]
    assert (told["people"], told["asked"], told["left_out"]) == (2_000, 575, 2)
    assert told["next"] == {"wave": 0, "batch": 1, "place": 75}
    assert [(each["group"], each["at"], each["asked"]) for each in told["waves"]] == [
        ("sample", "2026-11-22T12:00:00.000Z", 575),
        ("rest", None, 0),
    ]
    tried = (Tried("a", True, 300, 3), Tried("b", False, 0, 0))
    desk.store.decided("default", "b1", Verdict("a", "too_little", tried, NOON), waves)
    verdict = shop.get("/broadcasts/b1").body["broadcast"]["verdict"]
    assert [one["share"] for one in verdict["variants"]] == [0.01, None]


def test_a_preview_counts_people_and_begins_nothing(shop, athena, make_event):
    for name in ("p1", "p2", "p3"):
        event = make_event("buy", at=NOON - timedelta(days=1))
        athena.lake.add(EVENTS, [event_row(name, event.to_json())])
    told = shop.post("/broadcasts/preview", {**WANTED, "rate": 2}).body
    assert (told["people"], told["minutes"], told["looked_at"]) == (3, 2, 0)
    assert [wave["people"] for wave in told["waves"]] == [3]
    assert started() == []
    assert shop.get("/broadcasts").body["broadcasts"] == []


def test_a_preview_by_local_time_says_when_each_zone_is_asked(shop, athena, dynamodb, make_event):
    zones = {"ann": "Asia/Shanghai", "bob": "Asia/Hong_Kong", "cat": "Europe/Berlin", "dan": "?"}
    events = [
        event
        for name, zone in zones.items()
        for event in (
            make_event("$identify", type="identify", user_id=name, traits={"timezone": zone},
                       at=NOON - timedelta(days=1)),
            make_event("buy", user_id=name, at=NOON - timedelta(days=1)),
        )
    ]  # fmt: skip
    assert not applier_over(dynamodb).apply(events).failed
    for row in dynamodb.scan(TableName="profiles")["Items"]:
        if row["sk"]["S"].startswith("EVT#"):
            strand = row["pk"]["S"].rpartition("#")[2]
            athena.lake.add(EVENTS, [event_row(strand, json.loads(row["body"]["S"]))])

    told = shop.post("/broadcasts/preview", {**WANTED, "local_time": "20:00"}).body
    assert told["looked_at"] == 4
    assert [(wave["at"], wave["people"]) for wave in told["waves"]] == [
        ("2026-11-22T12:00:00.000Z", 2),
        ("2026-11-22T19:00:00.000Z", 1),
        ("2026-11-22T20:00:00.000Z", 1),
    ]
