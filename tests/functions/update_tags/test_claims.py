"""Groups and the history of marked traits, whatever comes again and in whichever order."""

from datetime import timedelta

import pytest

from shared.aws.group_store import GroupStore
from tests.functions.update_tags.conftest import NOON
from tests.functions.update_tags.people import Identity

ADA, BOB = "ada", "bob"
HOUR = timedelta(hours=1)


@pytest.fixture
def groups(bench):
    return GroupStore(bench.dynamodb, bench.table)


def joins(bench, person, group_id="acme", hour=0, **properties):
    at = NOON + hour * HOUR
    fields = {"type": "group", "group_id": group_id, "properties": properties}
    return bench.event(person, "$group", at=at, **fields)


def test_a_group_call_makes_the_group_and_its_member(bench, groups):
    bench.deliver([joins(bench, ADA, name="Acme", employees=7)])

    assert bench.rows(ADA)["GROUP#acme"] == {"since": "2026-11-22T12:00:00.000Z"}
    known = groups.traits("default", "acme")
    assert {name: trait.value for name, trait in known.items()} == {"name": "Acme", "employees": 7}
    assert groups.members("default", "acme", 10, None) == ({ADA: "2026-11-22T12:00:00.000Z"}, None)


@pytest.mark.parametrize("backwards", [False, True])
def test_of_a_group_the_later_claim_holds_and_of_a_member_the_earlier_day(bench, groups, backwards):
    calls = [joins(bench, ADA, hour=hour, plan=f"plan {hour}") for hour in range(3)]
    for record in calls[::-1] if backwards else calls:
        bench.deliver([record])
        bench.deliver([record])

    assert groups.traits("default", "acme")["plan"].value == "plan 2"
    assert groups.members("default", "acme", 10, None).since == {ADA: "2026-11-22T12:00:00.000Z"}


def test_the_members_of_a_group_come_in_pages(bench, groups):
    for person in ("p1", "p2", "p3"):
        bench.deliver([joins(bench, person)])

    first = groups.members("default", "acme", 2, None)
    rest = groups.members("default", "acme", 2, first.after)

    assert sorted({**first.since, **rest.since}) == ["p1", "p2", "p3"]


def test_two_who_name_a_group_at_once_are_both_heard(bench, groups):
    from tests.functions.update_tags.conftest import Wire

    for number in range(1, 10):
        bench.begin_again()
        mine, theirs = joins(bench, ADA, plan="a", hour=1), joins(bench, BOB, city="b")

        def hook(call, when, number=number, theirs=theirs):
            if (call, when) == (number, "before"):
                bench.deliver([theirs])

        assert bench.deliver([mine], Wire(hook)).failed == 0

        values = {name: one.value for name, one in groups.traits("default", "acme").items()}
        assert values == {"plan": "a", "city": "b"}


def test_every_claim_about_a_marked_trait_is_kept_once(bench):
    bench.catalog.kept_traits = frozenset({"city"})
    claims = [
        bench.event(ADA, "$identify", type="identify", at=NOON + hour * HOUR, traits=traits)
        for hour, traits in enumerate([{"city": "上海", "age": 3}, {"age": 4}, {"city": None}])
    ]

    for record in [*claims, *claims[::-1]]:
        bench.deliver([record])

    kept = {sk: row for sk, row in bench.rows(ADA).items() if sk.startswith("TRAIT#")}
    assert kept == {
        "TRAIT#city#2026-11-22T12:00:00.000Z#web": {"value": '"上海"'},
        "TRAIT#city#2026-11-22T14:00:00.000Z#web": {"value": "null"},
    }


def test_claims_lie_in_the_strand_of_their_event(bench):
    bench.catalog.kept_traits = frozenset({"city"})
    bench.deliver([bench.event(ADA, "other"), bench.event(BOB, "other")])
    bench.deliver(Identity(bench).merge(ADA, BOB))

    bench.deliver([joins(bench, BOB)])
    bench.deliver([bench.event(BOB, "$identify", type="identify", traits={"city": "x"})])

    assert "GROUP#acme" in bench.rows(BOB)
    assert "GROUP#acme" not in bench.rows(ADA)
    assert any(sk.startswith("TRAIT#city#") for sk in bench.rows(BOB))


def test_touches_and_revenue_are_folded_beside_the_counts(bench):
    def came(hour, source, revenue):
        campaign = {"campaign": {"source": source}} if source else {}
        properties = {"revenue": revenue}
        at = NOON + hour * HOUR
        return bench.event(ADA, "order", at=at, context=campaign, properties=properties)

    records = [came(3, "last", 0.1), came(0, None, 0.2), came(-3, "first", 11.77), came(1, "x", 1)]
    for record in records:
        bench.deliver([record])
        bench.deliver([record])

    row = bench.rows(ADA)["STATE"]
    assert '"source":"first"' in row["first_touch"]
    assert '"source":"last"' in row["last_touch"]
    assert str(bench.rows(ADA)["CNT#order#2026-11"]["r22"]) == "13.07"
