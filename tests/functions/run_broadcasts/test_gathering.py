"""Who is in a broadcast is found out once, and sorted by the clocks of where they live."""

from collections import Counter
from datetime import timedelta

from shared.domain.instants import parse_instant
from tests.applying import applier_over
from tests.conftest import NOON
from tests.crash.faults import KilledError, Line
from tests.functions.run_broadcasts.conftest import PEOPLE
from tests.functions.run_broadcasts.test_asking import check
from tests.functions.run_broadcasts.world import WS, Catalog, put_people

SHANGHAI, BERLIN = PEOPLE[:5], PEOPLE[5:7]


def test_everybody_is_asked_at_their_own_hour(make_world, dynamodb):
    world = make_world(catalog=Catalog(zone="America/New_York"))
    put_people(dynamodb, SHANGHAI, timezone="Asia/Shanghai")
    put_people(dynamodb, BERLIN, timezone="Europe/Berlin")
    world.begin(local_time="20:30", starts_at=NOON)
    done = world.play()

    check(world)
    began = {
        **dict.fromkeys(SHANGHAI, NOON + timedelta(minutes=30)),
        **dict.fromkeys(BERLIN, NOON + timedelta(hours=7, minutes=30)),
        PEOPLE[7]: NOON + timedelta(hours=13, minutes=30),  # where the workspace is
    }
    for name, call in world.calls():
        late = parse_instant(call["occurred_at"]) - began[name]
        assert timedelta(0) <= late < timedelta(minutes=1)
    assert [wave.people for wave in done.waves] == [5, 2, 1]


def test_the_rate_holds_over_all_waves(make_world, dynamodb):
    world = make_world(catalog=Catalog(zone="UTC"))
    put_people(dynamodb, SHANGHAI, timezone="Asia/Shanghai")
    world.begin(local_time="20:30", rate=2)
    world.play()
    check(world, rate=2)


def test_what_a_gathering_that_died_has_written_is_in_nobodys_way(make_world):
    plain = make_world()
    plain.begin()
    number = 0
    while True:
        number += 1
        line = Line(faults={number: "after"})
        world = make_world(around=line.around, clock=plain.clock)
        world.numbers = plain.numbers
        try:
            assert world.gather() == len(PEOPLE)
        except KilledError:
            continue
        break
    assert number > 3
    plain.play()
    check(plain)


def test_people_who_turned_out_to_be_one_are_asked_once(make_world, dynamodb, make_event):
    """Before the broadcast, and between its batches, after one of them was asked."""
    apply = applier_over(dynamodb)
    at = NOON - timedelta(days=1)
    names = ("ann", "web-1", "bob", "web-2")
    kinds = ("user_id", "anonymous_id", "user_id", "anonymous_id")
    looks = [
        make_event("look", **{kind: name}, at=at) for kind, name in zip(kinds, names, strict=True)
    ]
    assert not apply.apply(looks).failed
    rows = dynamodb.scan(TableName="profiles")["Items"]
    ids = sorted(
        row["pk"]["S"].rpartition("#")[2] for row in rows if row["sk"]["S"].startswith("EVT#")
    )

    def merge(user, visitor, when):
        event = make_event(
            "$identify", type="identify", user_id=user, anonymous_id=visitor, at=when, server=True
        )
        assert not apply.apply([event]).failed

    merge("ann", "web-1", at)
    ann, web_1, bob, web_2 = ids
    people = [bob, ann, web_1, *PEOPLE[:4], web_2]
    world = make_world(people, catalog=Catalog())
    world.begin(rate=2)
    while not world.calls():
        world.machine_step()
    assert bob in world.asked()
    assert web_2 not in world.asked()
    merge("bob", "web-2", NOON)
    done = world.play()

    assert done.state == "done"
    strands = world.persons.persons(WS, ids)
    per_person = Counter(
        strands[name].profile_id if name in strands else name for name in world.asked().elements()
    )
    assert set(per_person.values()) == {1}, per_person
    assert len(per_person) == 2 + 4
