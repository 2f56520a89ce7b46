"""Operators count, compare, export and snapshot audiences, and see what builds have come to."""

import json
from datetime import timedelta

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.athena import Athena
from shared.aws.build_machine import Run
from shared.domain.builds.model import Build, Count
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from shared.errors import TransientError
from tests.conftest import NOON
from tests.functions.build_segments.lake import LakeAthena
from tests.functions.manage_workspace.conftest import MACHINE

BOUGHT = {"type": "event", "event": "buy"}
LOOKED = {"type": "event", "event": "look"}
DAY = timedelta(days=1)


@pytest.fixture
def athena(api, clock, monkeypatch):
    """A lake in memory behind the API, at noon."""
    lake = LakeAthena()
    monkeypatch.setattr(Athena, "query", lambda self, sql, **more: lake.query(sql, **more))
    return lake


@pytest.fixture
def happens(athena, make_event):
    def happens(name, *strands, at=NOON - DAY):
        for strand in strands:
            athena.lake.add(EVENTS, [event_row(strand, make_event(name, at=at).to_json())])

    return happens


@pytest.fixture
def buyers(api):
    api.put("/segments/buyers", {"title": "Buyers", "condition": BOUGHT})


def executions():
    found = session.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    return sorted(each["name"] for each in found)


def queued():
    sqs = session.client("sqs")
    url = sqs.get_queue_url(QueueName="audiences")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(each["Body"]) for each in found]


class Machine:
    """In place of Step Functions, which the mock does not know well enough."""

    def __init__(self, run=None):
        self.told = run

        self.started = []

    def run(self, workspace_id, number, attempt=0):
        return self.told

    def start(self, workspace_id, number, attempt=0):
        self.started.append((number, attempt))


@pytest.fixture
def machine(api):
    fake = Machine()
    object.__setattr__(handler.wiring().ports.audiences, "machine", fake)
    return fake


# --- builds -----------------------------------------------------------------------------------


def test_a_new_meaning_begins_a_build_and_a_new_title_none(api, clock):
    first = api.put("/segments/buyers", {"title": "Buyers", "condition": BOUGHT}).body
    assert executions() == [f"default-{first['build']}"]

    again = api.put("/segments/buyers", {"title": "Buyers", "condition": BOUGHT}).body
    renamed = api.put("/segments/buyers", {"title": "Who bought", "condition": BOUGHT}).body
    assert (again["outcome"], renamed["outcome"]) == ("unchanged", "updated")
    assert len(executions()) == 1

    other = api.put("/segments/buyers", {"title": "Who bought", "condition": LOOKED}).body
    assert other["build"] > first["build"]
    assert executions() == sorted(f"default-{one['build']}" for one in (first, other))


def test_a_build_that_could_not_be_begun_is_begun_by_the_same_request_again(api, monkeypatch):
    desk = handler.wiring().ports.audiences

    def busy(**request):
        raise TransientError("busy")

    with monkeypatch.context() as patched:
        patched.setattr(desk.machine._client, "start_execution", busy)
        body = {"title": "Buyers", "condition": BOUGHT}
        assert api.put("/segments/buyers", body).status == 503
    assert executions() == []
    assert api.put("/segments/buyers", body).body["outcome"] == "unchanged"
    assert len(executions()) == 1


def test_builds_are_listed_the_newest_first(api, clock, machine):
    desk = handler.wiring().ports.audiences
    for number in (3, 12):
        desk.builds.add("default", Build(
            number=number, subject="SEGMENT", definition_id="buyers", announced=True,
            requested_at=NOON,
        ))  # fmt: skip
    found = api.get("/builds").body["builds"]
    assert [one["build"] for one in found] == [12, 3]
    assert {one["status"] for one in found} == {"waiting"}


def test_a_build_tells_how_far_it_is_and_what_came_of_it(api, machine):
    builds = handler.wiring().ports.audiences.builds
    build = Build(
        number=7, subject="SEGMENT", definition_id="buyers", announced=False, requested_at=NOON,
        stage="judging", people=205, batches=3,
    )  # fmt: skip
    builds.put("default", build)
    machine.told = Run("RUNNING", "", 2, 0)
    told = api.get("/builds/7").body["build"]
    assert (told["status"], told["batches"], told["judged_batches"]) == ("judging", 3, 2)

    machine.told = Run("FAILED", "States.ExceedToleratedFailureThreshold", 2, 1)
    told = api.get("/builds/7").body["build"]
    assert (told["status"], told["failed_batches"]) == ("failed", 1)
    assert told["reason"] == "States.ExceedToleratedFailureThreshold"

    done = {name: getattr(build, name) for name in Build.__dataclass_fields__} | {
        "stage": "done",
        "counts": (Count("SEGMENT", "buyers", "members", 5, 4),),
        "counted_at": NOON,
        "finished_at": NOON,
    }
    builds.put("default", Build(**done))
    told = api.get("/builds/7").body["build"]
    assert told["status"] == "done"
    assert [(one["by_sql"], one["difference"]) for one in told["counts"]] == [(5, -1)]


def test_a_build_that_failed_is_begun_again_as_often_as_it_takes(api, machine):
    builds = handler.wiring().ports.audiences.builds
    builds.put("default", Build(
        number=7, subject="SEGMENT", definition_id="buyers", announced=True, requested_at=NOON,
        stage="judging", people=205, batches=3,
    ))  # fmt: skip
    for attempt, lost in ((1, "FAILED"), (2, "TIMED_OUT"), (3, "ABORTED")):
        machine.told = Run(lost, "", 2, 1)
        told = api.post("/builds/7/retry").body["build"]
        assert told["attempt"] == attempt
        machine.told = Run("RUNNING", "", 0, 0)
        told = api.get("/builds/7").body["build"]
        assert (told["status"], told["announced"]) == ("waiting", True)
    assert machine.started == [(7, 1), (7, 2), (7, 3)]


def test_a_build_whose_execution_is_forgotten_is_begun_again(api, machine):
    builds = handler.wiring().ports.audiences.builds
    builds.put("default", Build(
        number=7, subject="SEGMENT", definition_id="buyers", announced=False, requested_at=NOON,
    ))  # fmt: skip
    assert api.post("/builds/7/retry").body["build"]["attempt"] == 1
    assert machine.started == [(7, 1)]


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED", "PENDING_REDRIVE"])
def test_a_build_that_is_at_work_is_not_begun_again(api, machine, status):
    builds = handler.wiring().ports.audiences.builds
    build = Build(
        number=7, subject="SEGMENT", definition_id="buyers", announced=False, requested_at=NOON,
    )  # fmt: skip
    builds.put("default", build)
    machine.told = Run(status, "", 2, 0)
    refused = api.post("/builds/7/retry")
    assert (refused.status, machine.started) == (409, [])
    assert "at work" in refused.body["message"]


@pytest.mark.parametrize("stage", ["done", "superseded"])
def test_a_build_that_is_over_is_not_begun_again(api, machine, stage):
    builds = handler.wiring().ports.audiences.builds
    builds.put("default", Build(
        number=7, subject="SEGMENT", definition_id="buyers", announced=False, requested_at=NOON,
        stage=stage, finished_at=NOON,
    ))  # fmt: skip
    machine.told = Run("FAILED", "", 2, 1)
    assert api.post("/builds/7/retry").status == 409
    assert machine.started == []
    assert api.post("/builds/8/retry").status == 404


def test_the_same_definition_again_starts_the_attempt_that_could_not_be_started(api, machine):
    first = api.put("/segments/buyers", {"title": "Buyers", "condition": BOUGHT}).body
    machine.told = Run("FAILED", "", 0, 1)
    api.post(f"/builds/{first['build']}/retry")
    api.put("/segments/buyers", {"title": "Buyers", "condition": BOUGHT})
    assert machine.started == [(first["build"], 0), *[(first["build"], 1)] * 2]


@pytest.mark.parametrize(("build", "status"), [("8", 404), ("x", 400), ("0", 400), ("9" * 40, 400)])
def test_what_is_no_build_is_said_to_be_none(api, build, status):
    assert api.get(f"/builds/{build}").status == status


# --- counting ---------------------------------------------------------------------------------


def test_an_estimate_is_the_exact_number_before_anything_is_saved(api, happens):
    happens("buy", "s1", "s2")
    happens("look", "s3")
    answer = api.post("/segments/estimate", {"condition": BOUGHT}).body
    assert (answer["people"], answer["at"]) == (2, "2026-11-22T12:00:00.000Z")
    assert answer["cost"]["counter_rows"] > 0
    nobody = {"type": "not", "condition": BOUGHT}
    assert api.post("/segments/estimate", {"condition": nobody}).body["people"] == 1
    assert api.get("/segments").body["segments"] == []


def test_an_estimate_of_what_is_not_there_names_the_place(api, athena):
    unknown = {"type": "all", "conditions": [BOUGHT, {"type": "segment", "segment_id": "gone"}]}
    answer = api.post("/segments/estimate", {"condition": unknown})
    assert answer.status == 400
    assert "conditions[1]" in answer.body["message"]


def test_an_estimate_that_takes_too_long_says_what_to_do(api, athena, monkeypatch):
    def slow(self, sql, **more):
        raise TransientError("the query did not end within 24 seconds")

    monkeypatch.setattr(Athena, "query", slow)
    answer = api.post("/segments/estimate", {"condition": BOUGHT})
    assert answer.status == 503
    assert "shorter window" in answer.body["message"]


def test_members_are_told_page_by_page_for_any_instant(api, happens, buyers):
    happens("buy", "s3", "s1", at=NOON - 3 * DAY)
    happens("buy", "s2", at=NOON - DAY)
    happens("look", "s4")

    first = api.get("/segments/buyers/members", limit="2").body
    assert (first["people"], first["profile_ids"], first["cursor"]) == (3, ["s1", "s2"], "s2")
    rest = api.get("/segments/buyers/members", limit="2", cursor="s2").body
    assert (rest["people"], rest["profile_ids"], rest["cursor"]) == (3, ["s3"], None)
    end = api.get("/segments/buyers/members", cursor="s3").body
    assert (end["people"], end["profile_ids"]) == (3, [])

    before = api.get("/segments/buyers/members", at="2026-11-20T12:00:00Z").body
    assert (before["people"], before["profile_ids"]) == (2, ["s1", "s3"])


@pytest.mark.parametrize(
    "query",
    [{"at": "2026-11-22"}, {"at": "x"}, {"at": "2026-11-23T12:00:00Z"}, {"limit": "0"},
     {"limit": "201"}, {"limit": "x"}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(api, athena, buyers, query):
    assert api.get("/segments/buyers/members", **query).status == 400
    assert athena.asked == []


def test_nobody_is_in_a_segment_that_is_not_there(api, athena):
    assert api.get("/segments/gone/members").status == 404


def test_audiences_are_laid_over_one_another(api, happens, buyers):
    happens("buy", "s1", "s2", "s3")
    happens("look", "s2", "s3", "s4", "s5")
    asked = {"audiences": [{"segment_id": "buyers"}, {"condition": LOOKED}]}
    told = api.post("/audiences/overlap", asked).body
    assert told["audiences"] == [{"people": 3, "only": 1}, {"people": 4, "only": 2}]
    assert told["pairs"] == [{"first": 0, "second": 1, "people": 2}]
    assert (told["union"], told["intersection"]) == (5, 2)


@pytest.mark.parametrize(
    "audiences",
    [
        [{"condition": BOUGHT}],
        [{"condition": BOUGHT}] * 7,
        [{"condition": BOUGHT}, {}],
        [{"condition": BOUGHT}, {"segment_id": "a", "list_id": "b"}],
        [{"condition": BOUGHT}, {"segment_id": "gone"}],
    ],
)
def test_what_cannot_be_compared_is_refused(api, athena, audiences):
    assert api.post("/audiences/overlap", {"audiences": audiences}).status == 400


# --- writing down -----------------------------------------------------------------------------


def test_an_export_is_asked_for_and_its_file_handed_out(api, clock, buyers):
    asked = {"segment_id": "buyers", "format": "jsonl", "fields": ["email"]}
    made = api.post("/audiences/export", asked).body["audience"]
    assert (made["status"], made["format"], made["url"]) == ("running", "jsonl", None)
    (work,) = queued()
    assert work == {"workspace_id": "default", "audience_id": made["audience_id"]}

    store = handler.wiring().ports.audiences.audiences
    audience = store.load("default", made["audience_id"])
    assert (audience.fields, audience.at) == (("email",), NOON)
    store.put("default", type(audience)(
        **{n: getattr(audience, n) for n in type(audience).__dataclass_fields__}
        | {"status": "done", "written": 2}
    ))  # fmt: skip
    done = api.get(f"/audiences/{made['audience_id']}").body["audience"]
    assert (done["status"], done["written"]) == ("done", 2)
    assert f"audiences/default/{made['audience_id']}.jsonl" in done["url"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"condition": BOUGHT, "format": "xls"},
        {"condition": BOUGHT, "format": "google_customer_match", "fields": ["email"]},
        {"segment_id": "gone"},
        {"condition": BOUGHT, "without_consent": "perhaps"},
    ],
)
def test_an_export_that_makes_no_sense_is_refused(api, athena, body):
    assert api.post("/audiences/export", body).status == 400
    assert queued() == []


def test_a_snapshot_goes_onto_a_list_that_is_there(api, clock, buyers):
    assert api.post("/lists/vip/snapshot", {"segment_id": "buyers"}).status == 404
    api.put("/lists/vip", {"title": "VIP"})
    made = api.post("/lists/vip/snapshot", {"segment_id": "buyers"}).body["audience"]
    assert (made["list_id"], made["format"], made["status"]) == ("vip", None, "running")
    assert [work["audience_id"] for work in queued()] == [made["audience_id"]]


def test_an_audience_that_nobody_asked_for_is_not_found(api):
    assert api.get("/audiences/none").status == 404
