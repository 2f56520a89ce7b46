"""`rapport audience` and `rapport builds` ask the API and say what it answers."""

from dataclasses import replace

import httpx
import pytest

from functions.manage_workspace import handler
from shared.aws.athena import Athena
from shared.aws.build_machine import Run
from shared.domain.builds.model import Build, Count
from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import EVENTS
from tests.conftest import NOON
from tests.functions.build_segments.lake import LakeAthena

BUYERS = "kind: segment\nsegment_id: buyers\ntitle: B\ncondition: {type: event, event: buy}\n"
LOOKED = "{type: event, event: look}\n"


@pytest.fixture
def lake(rapport, monkeypatch, make_event, written):
    """Two have bought, one of them and another one have looked; the segment is there."""
    lake = LakeAthena()
    monkeypatch.setattr(Athena, "query", lambda self, sql, **more: lake.query(sql, **more))
    for strand, name in (("s1", "buy"), ("s2", "buy"), ("s2", "look"), ("s3", "look")):
        lake.lake.add(EVENTS, [event_row(strand, make_event(name).to_json())])
    assert rapport("apply", written(BUYERS, "buyers.yaml")).code == 0
    return lake


def test_a_condition_is_counted_and_its_cost_told(rapport, lake, written):
    said = rapport("audience", "estimate", written(LOOKED, "c.yaml")).out.splitlines()
    assert said[0] == "2 people"
    assert "reads" in said[1]


def test_a_segment_in_a_file_is_counted_by_its_condition(rapport, lake, written):
    assert rapport("audience", "estimate", written(BUYERS)).out.startswith("2 people")


def test_members_are_listed_over_pages(rapport, lake):
    said = rapport("audience", "members", "buyers", "--limit", "1").out.splitlines()
    assert said[1:] == ["  s1"]
    said = rapport("audience", "members", "buyers", "--at", "2026-11-01T00:00:00Z").out
    assert said == "0 people at 2026-11-01T00:00:00.000Z\n"


def test_audiences_are_compared(rapport, lake, written):
    said = rapport("audience", "overlap", "segment:buyers", written(LOOKED, "c.yaml")).out
    assert "in any: 3, in all: 1" in said


def audience_of(rapport, outcome):
    """Let whoever writes audiences down be done at once."""
    store = handler.wiring().ports.audiences.audiences
    put = store.put

    def finish(workspace_id, audience):
        fields = {name: getattr(audience, name) for name in type(audience).__dataclass_fields__}
        put(workspace_id, type(audience)(**fields | outcome))

    store.put = finish


def test_an_export_is_fetched_into_a_file(rapport, lake, tmp_path, monkeypatch):
    audience_of(rapport, {"status": "done", "people": 3, "written": 2, "left_without_consent": 1})
    monkeypatch.setattr("cli.audiences.POLL_SECONDS", 0)
    asked = rapport.gateway.handle_request

    def answer(request):
        if "amazonaws.com" in request.url.host and "audiences/default" in request.url.path:
            return httpx.Response(200, text="email,phone\n", request=request)
        return asked(request)

    rapport.gateway.handle_request = answer
    target = tmp_path / "out.csv"
    said = rapport(
        *("audience", "export", "segment:buyers", "-o", target),
        *("--format", "meta_custom_audience"),
    )
    assert said.code == 0, said.err
    assert "2 of 3 people" in said.out
    assert "1 did not agree to marketing" in said.out
    assert target.read_text() == "email,phone\n"


def test_a_snapshot_that_fails_is_one_line(rapport, lake, written):
    handler_api = rapport("apply", written("kind: list\nlist_id: vip\ntitle: VIP\n", "l.yaml"))
    assert handler_api.code == 0, handler_api.err
    audience_of(rapport, {"status": "failed", "reason": "there is no segment"})
    said = rapport("audience", "snapshot", "vip", "segment:buyers")
    assert said.code == 1
    assert "there is no segment" in said.err


def test_a_file_that_is_none_is_named(rapport, lake, tmp_path):
    said = rapport("audience", "estimate", tmp_path / "none.yaml")
    assert said.code == 1
    assert "none.yaml cannot be read" in said.err


@pytest.fixture
def built(rapport, lake):
    builds = handler.wiring().ports.audiences.builds
    builds.put("default", Build(
        number=7, subject="SEGMENT", definition_id="buyers", announced=False, requested_at=NOON,
        stage="done", people=205, batches=3, counts=(Count("SEGMENT", "buyers", "members", 5, 4),),
        counted_at=NOON, finished_at=NOON,
    ))  # fmt: skip

    class Machine:
        def run(self, workspace_id, number, attempt):
            return None

        def start(self, workspace_id, number, attempt):
            raise AssertionError("nothing is to be started")

    object.__setattr__(handler.wiring().ports.audiences, "machine", Machine())
    return builds


def test_builds_are_told_with_what_came_of_them(rapport, built):
    assert "segment buyers" in rapport("builds").out
    said = rapport("builds", 7, "--wait").out
    assert "build 7: done" in said
    assert "205 people in 3 batches, 3 of them judged" in said
    assert ["segment", "buyers", "members", "5", "4", "-1"] in [
        line.split() for line in said.splitlines()
    ]


def test_a_build_that_failed_is_begun_again(rapport, built, monkeypatch):
    desk = handler.wiring().ports.audiences
    built.put("default", replace(built.load("default", 7), stage="judging", counts=()))
    lost = Run("FAILED", "States.ExceedToleratedFailureThreshold", 2, 1)
    runs, started = iter([lost, lost, None]), []
    monkeypatch.setattr(desk.machine, "run", lambda *build: next(runs))
    monkeypatch.setattr(desk.machine, "start", lambda *build: started.append(build))

    failed = rapport("builds", 7)
    assert (failed.code, "rapport builds retry 7" in failed.out) == (1, True)
    again = rapport("builds", "retry", 7)
    assert (again.code, again.out.splitlines()[0]) == (0, "build 7: waiting")
    assert started == [("default", 7, 1)]
    refused = rapport("builds", "retry", 8)
    assert (refused.code, "there is no build 8" in refused.err) == (1, True)


def test_everybody_is_judged_anew_when_somebody_asks_for_it(rapport, built, monkeypatch):
    started = []
    machine = handler.wiring().ports.audiences.machine
    monkeypatch.setattr(machine, "start", lambda *build: started.append(build))
    begun = rapport("builds", "begin")
    [(_, number, _)] = started
    assert (begun.code, begun.out.splitlines()[0]) == (0, f"build {number}: waiting")
    assert "settings everything" in rapport("builds").out
