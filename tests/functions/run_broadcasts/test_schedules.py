"""Each tick of a schedule begins one broadcast, however often and late somebody looks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.run_broadcasts.ticking import Tick
from shared.aws.broadcast_desk import BroadcastDesk
from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter, Definition
from shared.aws.schedule_store import ScheduleStore
from shared.domain.text import to_text
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import TransientError
from tests.conftest import CATALOG_TABLE, NOON, create_catalog
from tests.crash.faults import FAULTS, KilledError, Line
from tests.functions.run_broadcasts.test_asking import again
from tests.functions.run_broadcasts.world import WS, Clock, Started

MINUTE = timedelta(minutes=1)
EVERY_TEN = {"cron": "*/10 * * * *"}


class Schedules:
    """A catalog with one journey that has a schedule, and looks at it."""

    def __init__(self, dynamodb):
        self.dynamodb = dynamodb
        self.clock = Clock(NOON, step=timedelta(0))
        self.machine = Started()
        self.store = BroadcastStore(dynamodb, CATALOG_TABLE)
        self.version = 0

    def publish(self, journey_id="news", status="published", **entry):
        journey = {
            "journey_id": journey_id,
            "title": "News",
            "entry": {"type": "schedule", "segment_id": "buyers", **entry},
            "steps": [{"type": "send", "name": "mail", "template_id": "hello"}],
        }
        edit = CatalogWriter(self.dynamodb, CATALOG_TABLE, self.clock).edit(WS)
        self.version += 1
        row = Definition(
            kind="JOURNEY",
            definition_id=journey_id,
            body=to_text(journey),
            version=self.version,
            status=status,
            published_version=self.version,
        )
        edit.put_version(row)
        edit.commit()

    def become(self, status, journey_id="news"):
        edit = CatalogWriter(self.dynamodb, CATALOG_TABLE, self.clock).edit(WS)
        edit.put(replace(edit.find("JOURNEY", journey_id), status=status))
        edit.commit()

    def restore(self, *, going_on):
        edit = CatalogWriter(self.dynamodb, CATALOG_TABLE, self.clock).edit(WS)
        edit.put_settings(to_text(WorkspaceSettings(restoring=going_on).model_dump(mode="json")))
        edit.commit()

    def look(self, around=lambda client: client):
        client = around(self.dynamodb)
        store = BroadcastStore(client, CATALOG_TABLE)
        parts = BroadcastParts(client, CATALOG_TABLE)
        return Tick(
            CatalogReader(client, CATALOG_TABLE, ttl_seconds=0),
            ScheduleStore(client, CATALOG_TABLE),
            BroadcastDesk(store, parts, self.machine, self.clock),
            self.clock,
        ).tick(WS)

    def begun(self):
        return sorted(one.broadcast_id for one in self.store.all(WS))


@pytest.fixture
def schedules(dynamodb):
    return Schedules(dynamodb)


@pytest.mark.slow
def test_every_tick_begins_one_broadcast(schedules):
    schedules.publish(**EVERY_TEN, rate=5, local_time="20:00")
    for _ in range(31):
        schedules.look()
        schedules.look()
        schedules.clock.at += MINUTE
    assert schedules.begun() == [f"news-20261122-12{minute}000" for minute in (1, 2, 3)]
    assert [name for name, _ in schedules.machine.runs] == schedules.begun()
    one = schedules.store.load(WS, schedules.begun()[0])
    assert (one.segment_id, one.rate, one.local_time) == ("buyers", 5, "20:00")
    assert one.starts_at == NOON + 10 * MINUTE


def test_whoever_looks_late_begins_the_latest_tick_alone(schedules):
    schedules.publish(**EVERY_TEN)
    schedules.look()
    schedules.clock.at += 95 * MINUTE
    assert (schedules.look(), schedules.look()) == (1, 0)
    assert schedules.begun() == ["news-20261122-133000"]


def test_a_tick_between_publishing_and_the_first_look_counts_and_none_before(schedules):
    schedules.clock.at = NOON + 9.8 * MINUTE
    schedules.publish(**EVERY_TEN)
    schedules.clock.at = NOON + 10.7 * MINUTE
    schedules.publish("later", **EVERY_TEN)
    assert schedules.look() == 1
    assert schedules.begun() == ["news-20261122-121000"]


def test_another_schedule_has_no_ticks_from_before_it_was_published(schedules):
    schedules.publish(cron="0 12 * * *")
    schedules.look()
    schedules.clock.at += 45 * MINUTE
    schedules.publish(cron="30 12 * * *")
    schedules.clock.at += MINUTE
    assert schedules.look() == 0
    schedules.clock.at += timedelta(days=1)
    assert schedules.look() == 1


def test_ticks_of_a_paused_journey_pass_by(schedules):
    schedules.publish(**EVERY_TEN)
    schedules.look()
    schedules.publish(status="paused", **EVERY_TEN)
    for _ in range(25):
        schedules.look()
        schedules.clock.at += MINUTE
    schedules.publish(**EVERY_TEN)
    assert schedules.look() == 0
    assert schedules.begun() == []


@pytest.mark.slow
@pytest.mark.parametrize("status", ["paused", "archived"])
def test_ticks_of_the_time_before_it_was_resumed_pass_by(schedules, status):
    schedules.publish(cron="0 9 * * 1")
    schedules.look()
    schedules.become(status)
    for _ in range(25 * 4):
        schedules.clock.at += timedelta(hours=6)
        schedules.look()
    schedules.become("published")
    schedules.clock.at += MINUTE
    assert schedules.look() == 0
    schedules.clock.at += timedelta(days=7)
    assert schedules.look() == 1
    assert len(schedules.begun()) == 1


def test_a_tick_between_a_look_and_the_publishing_of_another_version_counts(schedules):
    schedules.publish(cron="10 12 * * *")
    schedules.look()
    schedules.clock.at = NOON + 9.5 * MINUTE
    schedules.look()
    schedules.clock.at = NOON + 10.2 * MINUTE
    schedules.publish(cron="10 12 * * *", rate=5)
    schedules.clock.at = NOON + 10.5 * MINUTE
    assert (schedules.look(), schedules.look()) == (1, 0)
    assert schedules.begun() == ["news-20261122-121000"]


def test_what_ticked_while_there_was_no_such_journey_passes_by(schedules):
    schedules.publish(**EVERY_TEN)
    schedules.look()
    edit = CatalogWriter(schedules.dynamodb, CATALOG_TABLE, schedules.clock).edit(WS)
    edit.delete(edit.find("JOURNEY", "news"))
    edit.commit()
    schedules.clock.at += 25 * MINUTE
    schedules.publish(**EVERY_TEN)
    assert schedules.look() == 0


def test_no_tick_begins_anything_while_people_are_restored_and_the_latest_does_then(schedules):
    schedules.publish(**EVERY_TEN)
    schedules.look()
    schedules.restore(going_on=True)
    for _ in range(25):
        assert schedules.look() == 0
        schedules.clock.at += MINUTE
    schedules.restore(going_on=False)
    assert (schedules.look(), schedules.look()) == (1, 0)
    assert schedules.begun() == ["news-20261122-122000"]


def test_a_long_id_leaves_room_for_the_tick_and_stays_its_own(schedules):
    for letter in "ab":
        schedules.publish("n" * 63 + letter, **EVERY_TEN)
    schedules.look()
    schedules.clock.at += 10 * MINUTE
    assert schedules.look() == 2
    assert len(schedules.begun()) == 2
    assert all(len(name) <= 60 for name in schedules.begun())


def test_without_schedules_a_look_reads_the_catalog_and_nothing_else(schedules):
    line = Line()
    assert schedules.look(line.around) == 0
    assert line.calls == ["get_item", "query"]


def test_a_schedule_that_cannot_be_begun_keeps_no_other_one_waiting(schedules, monkeypatch):
    for journey_id in ("a", "b"):
        schedules.publish(journey_id, **EVERY_TEN)
    schedules.look()
    schedules.clock.at += 10 * MINUTE
    start = schedules.machine.start

    def busy(workspace_id, broadcast_id, run):
        if broadcast_id.startswith("a-"):
            raise TransientError("busy")
        start(workspace_id, broadcast_id, run)

    with monkeypatch.context() as patched:
        patched.setattr(schedules.machine, "start", busy)
        with pytest.raises(TransientError):
            schedules.look()
    assert [name[:2] for name, _ in schedules.machine.runs] == ["b-"]
    assert schedules.look() == 1
    assert sorted(name[:2] for name, _ in schedules.machine.runs) == ["a-", "b-"]


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_crash_of_a_look_at_any_call_loses_no_tick_and_doubles_none(dynamodb, fault):
    for number in range(1, 9):
        dynamodb.delete_table(TableName=CATALOG_TABLE)
        create_catalog(dynamodb)
        schedules = Schedules(dynamodb)
        schedules.publish(**EVERY_TEN)
        schedules.look()
        schedules.clock.at += 10 * MINUTE
        line = Line(faults={number: fault})
        try:
            schedules.look(line.around)
        except (KilledError, Exception):
            schedules.clock.at += MINUTE
        again(schedules.look)
        assert schedules.begun() == ["news-20261122-121000"]
        assert schedules.machine.runs == [("news-20261122-121000", 1)]
