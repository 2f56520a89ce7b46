"""`rapport restore` keeps quiet first, asks for a replay, watches it, and speaks again at last."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT_ID
from moto.sqs import sqs_backends

from cli import restore
from shared.aws import session
from shared.aws.replay_store import ReplayStore
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE


@pytest.fixture
def replays(rapport):
    return ReplayStore(session.client("dynamodb"), CATALOG_TABLE)


def asked():
    """All that was asked for, hidden as it is for the first seconds."""
    backends = sqs_backends[ACCOUNT_ID][session.client("sqs").meta.region_name]
    queue = backends.get_queue("replays")
    assert all(each.delayed for each in queue._messages)
    return [json.loads(each.body) for each in queue._messages]


def finish(replays, name):
    """What replay_lake does, in one go."""
    replay = replays.find("default", name)
    while not replay.is_done:
        later = replay.updated_at + timedelta(seconds=1)
        replay = replays.move(replay, replay.onward(), later)


def test_nobody_replays_before_all_is_quiet(rapport, replays):
    said = rapport("restore", "replay", "--no-wait")
    assert said.code == 1
    assert "restoring: true" in said.err
    assert not asked()


def test_it_works_while_the_table_of_people_is_gone(rapport, replays):
    session.client("dynamodb").delete_table(TableName=PROFILES_TABLE)
    assert rapport("restore", "begin").code == 0
    assert rapport("restore", "replay", "--from", "2026-11-21", "--no-wait").code == 0
    assert asked() == [{"workspace_id": "default", "replay_id": "restore"}]
    assert replays.find("default", "restore").from_day == "2026-11-21"


def test_a_replay_is_watched_and_repeated_and_ended(rapport, replays, monkeypatch):
    rapport("restore", "begin")
    rapport("restore", "replay", "--no-wait")
    assert rapport("restore", "end").code == 1
    again = rapport("restore", "replay", "--no-wait")
    assert "unchanged" in again.out
    assert len(asked()) == 2, "it gets another push"
    other = rapport("restore", "replay", "--from", "2026-11-21", "--no-wait")
    assert (other.code, "another day" in other.err) == (1, True)
    assert "--name NEW" in other.err
    waiting = SimpleNamespace(sleep=lambda _: finish(replays, "restore"))
    monkeypatch.setattr(restore, "time", waiting)
    assert "done, 0 rows" in rapport("restore", "show").out
    assert rapport("restore", "end").code == 0
    assert rapport("restore", "replay", "--name", "second", "--no-wait").code == 1


def test_the_next_recovery_is_told_that_its_replay_needs_another_name(rapport, replays):
    rapport("restore", "begin")
    rapport("restore", "replay", "--no-wait")
    finish(replays, "restore")
    rapport("restore", "end")
    rapport("restore", "begin")
    said = rapport("restore", "replay")
    assert (said.code, said.out) == (1, "")
    assert "nothing was replayed now" in said.err
    assert "--name NEW" in said.err
    assert len(asked()) == 1
    assert rapport("restore", "replay", "--name", "second", "--no-wait").code == 0
    assert asked()[1]["replay_id"] == "second"


def test_a_day_that_is_none_is_refused(rapport, replays):
    rapport("restore", "begin")
    said = rapport("restore", "replay", "--from", "2026-02-30", "--no-wait")
    assert said.code == 1
    assert "2026-02-30" in said.err
