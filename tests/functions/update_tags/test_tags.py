"""Tags of people: their values, what they were before, who holds which, also when people merge."""

import json
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest

from shared.aws.tag_store import TagStore
from tests.functions.update_tags.conftest import NOON, Wire
from tests.functions.update_tags.people import Identity, told

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ADA, BOB = "ada", "bob"
KINDS = {
    "visits": {"type": "statistic", "event": "page", "aggregate": "count", "within_days": 2},
    "tier": {
        "type": "rule",
        "values": [
            {
                "value": "gold",
                "title": "Gold",
                "condition": {"type": "event", "event": "order", "times": 2},
            },
            {
                "value": "silver",
                "title": "Silver",
                "condition": {"type": "event", "event": "order"},
            },
        ],
    },
    "likes": {"type": "favourite", "event": "page", "property": "topic", "within_days": 30},
    "vip": {"type": "manual"},
}


@pytest.fixture
def bench(bench):
    bench.catalog.conditions = {}
    bench.catalog.kinds = dict(KINDS)
    return bench


@pytest.fixture
def tags(bench):
    return TagStore(bench.dynamodb, bench.table)


def page(bench, person, topic="news"):
    return bench.event(person, "page", at=bench.now, properties={"topic": topic})


def set_by_hand(bench, person, value):
    properties = {"tag_id": "vip", "value": value}
    return bench.event(person, "$tagged", at=bench.now, properties=properties)


def values(tags, person):
    return {name: held.value for name, held in tags.current("default", person).items()}


def tallies(bench):
    """By subject, how many hold it, where there is anybody."""
    found = {}
    for pk, rows in bench.everything().items():
        if "#N#TAG#" in pk and (n := sum(row["members"] for row in rows.values())):
            found[pk.removeprefix("default#N#TAG#")] = n
    return found


def expect_exact(bench, *people):
    """Tallies are those of the rows, and nothing is left untold."""
    expected = {}
    for person in people:
        for sk, row in bench.rows(person).items():
            if not sk.startswith("TAG#") or row.get("parked") or row["value"] == "null":
                continue
            tag_id = sk.removeprefix("TAG#")
            assert "untold" not in row
            expected[tag_id] = expected.get(tag_id, 0) + 1
            if bench.catalog.kinds[tag_id]["type"] != "statistic":
                subject = f"{tag_id}={row['value']}"
                expected[subject] = expected.get(subject, 0) + 1
    assert tallies(bench) == expected


def test_every_kind_of_tag_gets_its_value_with_the_event_that_gives_it(bench, tags):
    bench.deliver([page(bench, ADA), page(bench, ADA, "art"), page(bench, ADA, "art")])
    bench.deliver([bench.event(ADA, "order"), set_by_hand(bench, ADA, "yes")])

    assert values(tags, ADA) == {"visits": 3, "tier": "silver", "likes": "art", "vip": "yes"}
    words = ["likes: art", "visits: 3", "did order", "tier: silver", "vip: yes"]
    assert told(bench, ADA)[1:] == words
    expect_exact(bench, ADA)


def test_a_tag_that_was_set_by_hand_can_be_taken_away(bench, tags):
    bench.deliver([set_by_hand(bench, ADA, "yes")])
    bench.now += timedelta(seconds=1)
    bench.deliver([set_by_hand(bench, ADA, "")])

    assert values(tags, ADA) == {"visits": 0}
    assert tallies(bench) == {"visits": 1}


def test_every_value_that_a_tag_had_is_kept(bench, tags):
    for hour, name in enumerate(["order", "other", "order"]):
        bench.now = NOON + timedelta(hours=hour)
        bench.deliver([bench.event(ADA, name, at=bench.now)])

    history = tags.history("default", ADA, "tier")

    assert [(past.value, past.since.hour) for past in history] == [("silver", 12), ("gold", 14)]
    assert history[1].because == ({"about": "event", "holds": True, "name": "order", "value": 2},)
    assert tags.history("default", ADA, "vip") == tags.history("default", BOB, "tier") == []


def test_a_value_passes_by_itself(bench, tags):
    bench.deliver([page(bench, ADA)])
    due_at = bench.rows(ADA)["STATE"]["due_at"]
    assert due_at == "2026-11-23T16:00:00.000Z"  # two days in Shanghai

    bench.now = NOON + timedelta(days=1, hours=4)
    bench.judge(ADA)

    assert values(tags, ADA) == {"visits": 0, "likes": "news"}
    assert told(bench, ADA)[-1] == "visits: 0"


def test_the_tags_of_an_absorbed_profile_count_no_longer_and_come_back(bench, tags):
    identity = Identity(bench)
    bench.deliver([bench.event(ADA, "order")])
    bench.deliver([bench.event(BOB, "order"), page(bench, BOB)])
    bench.deliver([set_by_hand(bench, BOB, "yes")])
    bench.bus.published.clear()

    bench.deliver(identity.merge(ADA, BOB))

    together = {"tier": "gold", "visits": 1, "likes": "news", "vip": "yes"}
    assert (values(tags, ADA), values(tags, BOB)) == (together, {})
    expect_exact(bench, ADA, BOB)
    assert sorted(told(bench, ADA)[1:]) == ["likes: news", "tier: gold", "vip: yes", "visits: 1"]
    assert told(bench, BOB) == []

    bench.bus.published.clear()
    bench.deliver(identity.split([ADA], [BOB]))

    assert values(tags, ADA) == {"tier": "silver", "visits": 0}
    assert values(tags, BOB) == {"tier": "silver", "visits": 1, "likes": "news", "vip": "yes"}
    expect_exact(bench, ADA, BOB)
    assert told(bench, BOB) == []  # as if nothing had been
    assert sorted(told(bench, ADA)[1:]) == [
        "likes: None",
        "tier: silver",
        "vip: None",
        "visits: 0",
    ]


def test_ids_of_changes_never_come_twice(bench):
    identity = Identity(bench)
    bench.deliver([bench.event(ADA, "order"), bench.event(BOB, "order")])
    for joins in (1, 3):
        bench.deliver(identity.merge(ADA, BOB, joins=joins))
        bench.deliver([page(bench, BOB)])
        bench.deliver(identity.split([ADA], [BOB], joins=joins + 1))
    facts = {}
    for fact in bench.bus.published:
        assert facts.setdefault(fact.event_id, fact) == fact


class CrashError(BaseException):
    """The end of the process."""


def story(bench, wires):
    """An order, a merge, an order, an unmerge; each dies on its wire and comes again."""
    identity = Identity(bench)
    bench.begin_again()
    bench.now = NOON
    bench.catalog.kinds = {name: KINDS[name] for name in ("tier", "likes")}
    bench.deliver([page(bench, BOB, "art"), bench.event(BOB, "order")])
    steps = [
        lambda: [page(bench, ADA, "news"), bench.event(ADA, "order")],
        lambda: identity.merge(ADA, BOB),
        lambda: [page(bench, BOB, "news"), bench.event(ADA, "order")],
        lambda: identity.split([ADA], [BOB]),
    ]
    for step, wire in zip(steps, wires, strict=True):
        records = step()
        with suppress(CrashError):
            bench.deliver(records, wire)
        assert bench.deliver(records).failed == 0
        expect_exact(bench, ADA, BOB)
    rows = {name: bench.rows(name) for name in (ADA, BOB)}
    held = {
        name: {sk: json.loads(row["value"]) for sk, row in rows[name].items() if sk[:4] == "TAG#"}
        for name in rows
    }
    return held, sorted(told(bench, ADA, BOB))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_whatever_breaks_at_whatever_call_values_and_tallies_are_right(bench, moment):
    expected = story(bench, [Wire() for _ in range(4)])
    assert expected[0] == {
        ADA: {"TAG#tier": "gold", "TAG#likes": "news"},
        BOB: {"TAG#tier": "silver", "TAG#likes": "news"},
    }

    for number in count(1):

        def hook(call, when, number=number):
            if (call, when) == (number, moment):
                raise CrashError

        wires = [Wire(hook, repeat=number - 1) for _ in range(4)]
        assert story(bench, wires) == expected, number
        if all(len(wire.calls) < number for wire in wires):
            break
