"""A table that was lost, in whole or back to an earlier day, becomes what it was, row by row."""

import json

import pytest

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.message_rows import asked
from shared.aws.profile_store import ProfileStore
from shared.domain.identity.graph import Identifier
from shared.domain.messages.sent import message_sent
from tests.conftest import PROFILES_TABLE
from tests.crash.faults import KilledError
from tests.functions.dispatch_message.world import World as Requests
from tests.functions.replay_lake.comparing import people_of
from tests.functions.replay_lake.history import first_half, second_half
from tests.functions.replay_lake.world import World


@pytest.fixture
def world(make_event):
    return World(make_event)


def people_now(world):
    world.settle()
    return people_of(world.rows())


def differences(before, after):
    keys = before.keys() | after.keys()
    return {
        key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)
    }


def test_a_table_that_is_gone_is_made_again_from_the_lake(world):
    first_half(world)
    second_half(world)
    before = people_now(world)
    assert {key.split()[-1].split("#")[0] for key in before} >= {
        *("PROFILE", "STATE", "EVT", "CNT", "SEG", "TAG", "CONSENT", "AGREED", "DSP", "I"),
    }
    world.lose()
    world.bench.catalog.restoring = True
    state = world.replay()
    world.flow()
    assert differences(before, people_now(world)) == {}
    assert state.objects == state.all_objects
    assert not world.bench.bus.published, "nobody hears of what is no news"


def test_a_replay_that_is_done_twice_changes_nothing(world):
    first_half(world)
    world.lose()
    world.replay()
    world.flow(to_lake=False)
    before = people_now(world)
    events = [row for row in world.rows() if row["sk"].startswith("EVT#")]
    again = world.replay(name="r2")
    world.flow(to_lake=False)
    assert again.applied == 0
    assert people_now(world) == before
    assert len(events) == len([r for r in world.rows() if r["sk"].startswith("EVT#")])


def test_a_table_of_an_earlier_day_and_the_rest_from_the_lake(world):
    first_half(world)
    snapshot, day = world.snapshot(), world.now.date().isoformat()
    world.pass_time(1)
    second_half(world)
    before = people_now(world)
    world.lose(snapshot)
    state = world.replay(from_day=day)  # which the table holds in part
    assert state.known
    world.flow()
    assert differences(before, people_now(world)) == {}


def test_whoever_was_erased_meanwhile_stays_erased(world):
    first_half(world)
    ada = Identifier("user_id", "ada")
    named = [
        ada,
        Identifier("anonymous_id", "a-ada"),
        Identifier("email", "ada@example.com"),
        Identifier("member_id", "card-7"),
    ]
    world.tombstones().put("default", named, world.now)
    world.lose()
    state = world.replay()
    world.flow()
    assert state.left_out
    text = str(world.rows())
    for mark in ("ada", "card-7"):
        assert mark not in text


def test_a_crash_at_any_write_loses_and_doubles_nothing(world):
    first_half(world)
    world.lose()
    world.replay(name="calm")
    world.flow(to_lake=False)
    before = people_now(world)
    world.lose()
    for number in range(40):
        world.table.die_after = 1 + number * number // 4
        try:
            if world.replay(name="broken").is_done:
                break
        except KilledError:
            pass
        finally:
            world.table.die_after = None
    assert world.replay(name="broken").is_done
    world.flow(to_lake=False)
    assert differences(before, people_now(world)) == {}


@pytest.mark.parametrize("before", [None, "deferred", "claimed", "sent", "rejected"])
def test_what_was_sent_since_a_snapshot_is_not_sent_again(world, before):
    first_half(world)
    ada = world.applying().identity.sightings("default", [Identifier("user_id", "ada")])
    strand = next(iter(ada.values())).strand_id
    request = Requests(world.table).request(strand)
    key = {"pk": keys.person("default", strand), "sk": keys.message(request.message_id)}
    if before:
        row = {**asked(request), **key, "status": before, "attempts": 1, "kept": "as it was"}
        world.table.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
    snapshot = world.snapshot()
    event = message_sent(request, "email", world.now)
    ProfileStore(world.table, PROFILES_TABLE).add_event(strand, event)
    world.flow()
    world.lose(snapshot)
    assert world.replay(from_day=world.now.date().isoformat()).is_done
    found = world.table.get_item(TableName=PROFILES_TABLE, Key=to_item(key))["Item"]
    assert found["status"]["S"] == ("rejected" if before == "rejected" else "sent")
    if before:
        assert found["kept"]["S"] == "as it was"
    dispatch = Requests(world.table).dispatch()
    assert dispatch.dispatch(request) is None, "nothing is left to do about it"


def test_what_the_lake_knows_of_a_cut_is_told_in_each_strand_of_its_own_end_alone(world):
    """So that whoever is erased is named nowhere in what is another one's."""
    first_half(world)
    cuts = [row for row in world.lake_rows("identities") if row.get("fact") == "cut"]
    assert cuts
    names = {(row["strand_id"], *json.loads(row["fact_row"])["end"]) for row in cuts}
    homes = {
        (row["strand_id"], *row["pk"].split("#")[2:]) for row in world.rows() if "#I#" in row["pk"]
    }
    assert names <= homes
    assert all(json.loads(row["fact_row"]).keys() == {"end", "at"} for row in cuts)
    addresses = [row for row in world.lake_rows("identities") if row.get("fact") == "suppression"]
    assert addresses
    assert "example.com" not in str(addresses)
