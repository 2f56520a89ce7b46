"""People who merge and part: nobody is told what was so before, and everything is given back."""

import copy
from datetime import timedelta
from itertools import count

import pytest

from tests.functions.update_tags.catalogs import SEGMENTS
from tests.functions.update_tags.conftest import NOON, Wire
from tests.functions.update_tags.people import (
    Identity,
    expect_exact_tallies,
    members,
    told,
    view_of,
)

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ADA, BOB, CID = "ada", "bob", "cid"


@pytest.fixture
def identity(bench):
    return Identity(bench)


def began(bench):
    """Ada looked around and lives in Shanghai; Bob bought something, and looked around earlier."""
    bench.now = NOON - timedelta(days=2)
    bench.deliver([bench.event(BOB, "page", at=bench.now)])
    bench.now = NOON
    bench.deliver([bench.learn(ADA, "INSERT", city="上海"), bench.event(ADA, "page")])
    bench.deliver([bench.event(BOB, "order"), bench.event(BOB, "page")])
    return {name: view_of(bench.rows(name)) for name in (ADA, BOB)}


def test_a_membership_that_moves_is_told_to_nobody(bench, identity):
    began(bench)
    bench.bus.published.clear()

    bench.deliver(identity.merge(ADA, BOB))

    rows = bench.rows(ADA)
    assert members(rows) == {"visitors", "today", "shanghai", "buyers"}
    assert rows["SEG#visitors"]["since"] == "2026-11-20T12:00:00.000Z"  # Bob was there earlier
    assert members(bench.rows(BOB)) == set()
    assert told(bench, ADA, BOB) == ["absorbed bob"]
    expect_exact_tallies(bench)


def test_what_only_holds_of_both_together_is_told(bench, identity):
    bench.deliver([bench.event(ADA, "page"), bench.event(ADA, "page")])
    bench.deliver([bench.event(BOB, "page")])
    bench.bus.published.clear()

    bench.deliver(identity.merge(ADA, BOB))
    assert told(bench, ADA, BOB) == ["absorbed bob", "entered hesitating"]

    bench.deliver(identity.split([ADA], [BOB]))
    assert told(bench, ADA)[2:] == ["parted bob", "exited hesitating"]
    assert told(bench, BOB) == ["exited hesitating"]
    expect_exact_tallies(bench)


def test_what_no_longer_holds_of_both_together_is_told(bench, identity):
    bench.deliver([bench.event(ADA, "page") for _ in range(3)])
    bench.deliver([bench.event(BOB, "order")])
    bench.bus.published.clear()

    bench.deliver(identity.merge(ADA, BOB))

    assert told(bench, ADA, BOB) == ["absorbed bob", "exited hesitating"]
    assert bench.members("hesitating") == 0


@pytest.mark.parametrize("order", [0, 1])
def test_merge_and_unmerge_give_everything_back_and_tell_what_is_over(bench, identity, order):
    before = began(bench)
    bench.deliver(identity.merge(ADA, BOB))
    bench.bus.published.clear()

    records = identity.split([ADA], [BOB])
    for record in records[::-1] if order else records:
        bench.deliver([record])

    after = {name: view_of(bench.rows(name)) for name in (ADA, BOB)}
    # What only the other one had leaves a mark that it is over, and for what both had the one who
    # stayed keeps the earlier day.
    shared = {"SEG#visitors", "SEG#today"}
    for name, rows in before.items():
        assert {sk for sk, row in after[name].items() if row.get("member")} == {
            sk for sk, row in rows.items() if row.get("member")
        }
        for sk in rows.keys() - (shared if name == ADA else set()):
            assert after[name][sk] == rows[sk]
    assert sorted(told(bench, ADA, BOB)) == ["exited buyers", "exited shanghai", "parted bob"]
    expect_exact_tallies(bench)


def test_merging_again_after_an_unmerge_is_as_the_first_time(bench, identity):
    began(bench)
    bench.deliver(identity.merge(ADA, BOB))
    bench.deliver(identity.split([ADA], [BOB]))
    bench.bus.published.clear()

    bench.deliver(identity.merge(ADA, BOB, joins=3))

    assert members(bench.rows(ADA)) == {"visitors", "today", "shanghai", "buyers"}
    assert told(bench, ADA, BOB) == ["absorbed bob"]
    expect_exact_tallies(bench)


def test_ids_of_flips_never_come_twice(bench, identity):
    began(bench)
    for joins in (1, 3, 5):
        bench.deliver(identity.merge(ADA, BOB, joins=joins))
        bench.deliver([bench.event(BOB, "page")])
        bench.deliver(identity.split([ADA], [BOB], joins=joins + 1))
    facts = {}
    for fact in bench.bus.published:
        assert facts.setdefault(fact.event_id, fact) == fact


def test_an_event_that_overtakes_the_merge_settles_it_first(bench, identity):
    began(bench)
    records = identity.merge(ADA, BOB)
    bench.bus.published.clear()

    bench.deliver([bench.event(BOB, "page")])
    assert members(bench.rows(BOB)) == set()
    assert told(bench, ADA, BOB) == []

    bench.deliver(records)
    assert told(bench, ADA, BOB) == ["absorbed bob"]


def test_what_was_left_untold_by_an_absorbed_profile_is_told_first(bench, identity):
    began(bench)
    key = {"pk": {"S": "default#P#bob"}, "sk": {"S": "SEG#buyers"}}
    bench.dynamodb.update_item(
        TableName=bench.table,
        Key=key,
        UpdateExpression="SET untold = :true",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )
    bench.bus.published.clear()

    bench.deliver(identity.merge(ADA, BOB))

    assert told(bench, BOB) == ["entered buyers"]
    assert told(bench, ADA) == ["absorbed bob"]


def test_three_people_become_one_and_two(bench, identity):
    began(bench)
    bench.deliver([bench.event(CID, "cart"), bench.learn(CID, phone="1")])
    assert members(bench.rows(CID)) == {"ready"}
    bench.deliver(identity.merge(ADA, BOB, CID))
    assert members(bench.rows(ADA)) == {"visitors", "today", "shanghai", "buyers", "ready"}
    bench.bus.published.clear()

    bench.deliver(identity.split([ADA, BOB], [CID]))

    assert members(bench.rows(ADA)) == {"visitors", "today", "shanghai", "buyers"}
    assert members(bench.rows(CID)) == {"ready"}
    over = ["exited buyers", "exited ready", "exited shanghai", "exited today", "exited visitors"]
    assert sorted(told(bench, ADA, BOB, CID)) == [*over, "parted cid"]
    expect_exact_tallies(bench)


def test_a_merge_of_people_who_did_nothing_is_told_too(bench, identity):
    bench.learn(ADA, "INSERT"), bench.learn(BOB, "INSERT")

    bench.deliver(identity.merge(ADA, BOB))
    bench.deliver([identity.attach(ADA, "x")])

    assert told(bench, ADA) == ["absorbed bob"]


class CrashError(BaseException):
    """The end of the process."""


def story(bench, wires):
    """Merge, an event, unmerge; the n-th delivery on the n-th wire, and again when it broke."""
    identity = Identity(bench)
    bench.begin_again()
    bench.now = NOON
    bench.catalog.conditions = {name: SEGMENTS[name] for name in ("buyers", "hesitating")}
    bench.deliver([bench.event(ADA, "page"), bench.event(ADA, "page")])
    bench.deliver([bench.event(BOB, "page"), bench.event(BOB, "order", at=NOON - 31 * DAY)])
    steps = [
        lambda: identity.merge(ADA, BOB),
        lambda: [bench.event(BOB, "cart"), bench.event(ADA, "page")],
        lambda: identity.split([ADA], [BOB]),
    ]
    for step, wire in zip(steps, wires, strict=True):
        records = step()
        try:
            failed = bench.deliver(records, wire).failed
        except CrashError:
            failed = 1
        if failed:
            assert bench.deliver(copy.deepcopy(records)).failed == 0
    table = {name: view_of(bench.rows(name)) for name in (ADA, BOB)}
    expect_exact_tallies(bench)
    assert not any("untold" in row for rows in table.values() for row in rows.values())
    return table, sorted(told(bench, ADA, BOB))


DAY = timedelta(days=1)


def test_whatever_breaks_at_whatever_call_merges_and_splits_come_to_the_same(bench):
    """Each of the three deliveries dies after its n-th call, the call before that made twice."""
    expected = story(bench, [Wire(), Wire(), Wire()])

    for number in count(1):

        def hook(call, when, number=number):
            if (call, when) == (number, "after"):
                raise CrashError

        wires = [Wire(hook, repeat=number - 1) for _ in range(3)]
        assert story(bench, wires) == expected, number
        if all(len(wire.calls) < number for wire in wires):
            break
