"""Backtests over a lake: what SQL brings is what happened, and stopping changes nothing."""

import json
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.backtest_journey.usecase import LEFT_SECONDS, BacktestJourney
from shared.aws.archives import Archives
from shared.aws.backtest_store import BacktestStore
from shared.aws.query_results import QueryResults
from shared.domain.backtests.model import Backtest, folder_of, runs_key
from shared.domain.backtests.replay import replay
from shared.domain.backtests.report import Report
from shared.domain.erasure.letters import Wanted
from shared.domain.lake.rows import erased_row, event_row, identity_row
from shared.domain.lake.tables import EVENTS, IDENTITIES
from shared.domain.segments.expand import Definitions
from shared.errors import NotFoundError, TransientError
from tests.conftest import CATALOG_TABLE, NOON
from tests.domain.backtests.people import (
    DEFINITIONS,
    PERIOD,
    SETTINGS,
    TEMPLATES,
    event,
    lives,
    setting,
)
from tests.domain.journeys.memory import journey
from tests.functions.build_segments.lake import LakeAthena

WS, BUCKET = "default", "archives"
SEND = {"type": "send", "name": "remind", "template_id": "welcome"}
DAY = {"type": "wait", "name": "a day", "duration": "P1D"}
FORK = {
    "type": "branch",
    "name": "which",
    "arms": [
        {
            "when": {"type": "segment", "segment_id": "buyers"},
            "next": "remind",
        }
    ],
    "otherwise": "end",
}
CARTS = journey(
    DAY, FORK, SEND, purpose="transactional", exit_on=[{"event": "paid"}],
    reentry={"policy": "always"},
)  # fmt: skip
WOKEN = journey(DAY, SEND, entry={"type": "lifecycle", "stage": "dormant"})
ACTIVE = journey(
    DAY,
    {
        **FORK,
        "arms": [{"when": {"type": "activity", "about": "events", "comparison": "at_least",
                           "value": 3}, "next": "remind"}],
    },
    SEND,
)  # fmt: skip


class Catalog:
    def __init__(self, definition, definitions=DEFINITIONS):
        self.definition, self._definitions = definition, definitions

    def journey(self, workspace_id, journey_id, version):
        if version != 1:
            raise NotFoundError("there is no such version")
        return replace(_Published(self.definition))

    def definitions(self, workspace_id):
        return self._definitions

    def settings(self, workspace_id):
        return SETTINGS

    def template(self, workspace_id, template_id, version=0):
        assert version == 0, "no step of these journeys pins a version"
        return TEMPLATES[template_id]


@dataclass(frozen=True)
class _Published:
    journey: object


@dataclass
class World:
    dynamodb: object
    definition: object = CARTS
    definitions: Definitions = DEFINITIONS
    queued: list = field(default_factory=list)

    def __post_init__(self):
        self.athena = LakeAthena()
        self.s3 = self.athena.s3
        self.s3.create_bucket(Bucket=BUCKET)
        self.store = BacktestStore(self.dynamodb, CATALOG_TABLE, self.s3, BUCKET)
        self.archives = Archives(self.s3, BUCKET)

    def happens(self, strand_id, events, times=1):
        rows = [event_row(strand_id, one.to_json()) for one in events]
        self.athena.lake.add(EVENTS, rows * times)

    def asks(self, **more):
        backtest = Backtest(
            **{
                "backtest_id": "b1",
                "journey_id": "test",
                "version": 1,
                "first_day": date(2026, 11, 22),
                "last_day": date(2026, 12, 31),
                "since": PERIOD.first,
                "until": PERIOD.last,
                "requested_at": NOON,
                **more,
            }
        )
        self.store.put(WS, backtest)

    def job(self):
        return BacktestJourney(
            self.store,
            Catalog(self.definition, self.definitions),
            self.athena,
            QueryResults(self.s3),
            self.archives,
            self,
            lambda: NOON,
        )

    def send_json(self, data):
        self.queued.append(data)

    def run(self, seconds=lambda: 900.0):
        goes = 1
        done = self.job().carry_out(WS, "b1", seconds)
        while self.queued:
            assert self.queued.pop() == {"workspace_id": WS, "backtest_id": "b1"}
            done = self.job().carry_out(WS, "b1", seconds)
            goes += 1
        return done, goes

    def report(self):
        return self.store.report(WS, "b1").to_json()


@pytest.fixture
def world(dynamodb):
    return World(dynamodb)


def expected(definition, people):
    report, goes_by = Report(), setting(definition)
    for profile_id, history in people.items():
        report.add(goes_by, replay(goes_by, profile_id, history), len(history))
    return report.to_json()


def in_strands(person, history):
    """Every other event lies in a second strand, which the first one answers for."""
    return {f"{person}-b": history[::2], person: history[1::2]}


def unlike(report):
    """What depends on how many events are looked at, and not on what came of them."""
    return {name: value for name, value in report.items() if name not in ("events", "people")}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([CARTS, WOKEN, ACTIVE]),
    st.lists(lives(), min_size=1, max_size=4),
    st.integers(1, 2),
)
def test_what_the_lake_brings_is_what_happened(dynamodb, definition, histories, times):
    world = World(dynamodb, definition)
    people = {f"person{place}": history for place, history in enumerate(histories)}
    for place, (person, history) in enumerate(people.items()):
        for strand, events in in_strands(person, history).items():
            world.happens(strand, events, times)
        belongs = identity_row(WS, f"{person}-b", person, f"{place:03d}")
        world.athena.lake.add(IDENTITIES, [belongs])
    world.asks()
    done, goes = world.run()
    assert (done.status, goes, done.done_share) == ("done", 1, 1.0)
    assert unlike(world.report()) == unlike(expected(definition, people))
    assert done.people <= len(people), "who did nothing that matters is not looked at"
    assert definition is CARTS or done.people == len(people)


def test_whoever_stops_after_every_person_comes_to_the_same(world):
    people = {
        f"p{n}": [
            event("cart", NOON + timedelta(hours=n), f"cart {n}"),
            event("$identify", NOON, f"known {n}", traits={"buyer": True, "note": 'a"b\n,c'}),
        ]
        for n in range(5)
    }
    for person, history in people.items():
        world.happens(person, history)
    world.asks(runs=True)
    done, goes = world.run(lambda: LEFT_SECONDS - 1)
    assert goes == len(people) + 1, "the last go finds nobody left"
    assert world.report() == expected(CARTS, people)
    assert len(world.athena.asked) == 1, "the history is asked for once"
    assert (done.people, done.pieces) == (5, goes)
    lines = [
        line
        for piece in range(done.pieces)
        for line in world.s3.get_object(Bucket=BUCKET, Key=runs_key(WS, "b1", piece))["Body"]
        .read()
        .decode()
        .splitlines()
    ]
    assert len({json.loads(line)["enrolment_id"] for line in lines}) == len(lines) == 5


def test_a_go_that_dies_is_done_again(world, monkeypatch):
    for n in range(4):
        world.happens(f"p{n}", [event("cart", NOON, f"cart {n}")])
    world.asks(runs=True)
    seconds = iter([900.0, 900.0])

    def dies():
        found = next(seconds, None)
        if found is None:
            raise ConnectionError
        return found

    with pytest.raises(ConnectionError):
        world.job().carry_out(WS, "b1", dies)
    done, _ = world.run()
    assert done.people == 4
    assert done.pieces == 1
    assert world.report() == expected(
        CARTS, {f"p{n}": [event("cart", NOON, f"cart {n}")] for n in range(4)}
    )
    assert world.job().carry_out(WS, "b1", lambda: 900.0) == done, "once done, it stays so"


def test_nobody_who_was_erased_is_looked_at_and_reports_go_with_them(world):
    world.happens("ada", [event("cart", NOON, "a")])
    world.happens("bob", [event("cart", NOON, "b")])
    world.athena.lake.add(IDENTITIES, [erased_row(WS, "bob")])
    world.asks()
    done, _ = world.run()
    assert done.people == 1
    removed = world.archives.erase(WS, Wanted(frozenset(), frozenset({"eve"}), NOON))
    assert removed["backtests"] == 1
    assert world.store.report(WS, "b1") is None
    assert "Contents" not in world.s3.list_objects_v2(Bucket=BUCKET, Prefix=folder_of(WS))


def test_an_erasure_in_the_middle_lets_it_begin_anew(world):
    for n in range(3):
        world.happens(f"p{n}", [event("cart", NOON, f"cart {n}")])
    world.asks()
    world.job().carry_out(WS, "b1", lambda: LEFT_SECONDS - 1)
    world.archives.erase(WS, Wanted(frozenset(), frozenset({"eve"}), NOON))
    done, _ = world.run()
    assert done.people == 3


def test_what_cannot_be_replayed_is_written_down_with_its_reason(world):
    world.definitions = Definitions(segments={}, tags={})
    world.asks()
    done, _ = world.run()
    assert done.status == "failed"
    assert "buyers" in done.reason
    world.asks(version=7)
    assert world.run()[0].reason == "there is no such version"


def test_a_lake_without_anybody_is_done_at_once(world):
    world.asks()
    done, _ = world.run()
    assert (done.status, done.people) == ("done", 0)


def test_a_result_that_is_gone_comes_again(world):
    world.happens("ada", [event("cart", NOON, "a")])
    world.happens("bob", [event("cart", NOON, "b")])
    world.asks()
    world.job().carry_out(WS, "b1", lambda: LEFT_SECONDS - 1)
    for found in world.s3.list_objects_v2(Bucket="lake")["Contents"]:
        world.s3.delete_object(Bucket="lake", Key=found["Key"])
    with pytest.raises(TransientError):
        world.job().carry_out(WS, "b1", lambda: 900.0)
