"""Consents of people who become one, and several again, while decisions are being made."""

import pytest

from shared.aws import keys
from shared.domain.consents.in_force import allows, in_force, verdict
from shared.domain.consents.model import Join, Scope
from tests.aws.consent_bench import SMS, Bench, Meddling, at, graph_of, said


@pytest.fixture
def bench(dynamodb):
    return Bench(dynamodb)


def test_what_is_said_in_any_strand_holds_for_the_person(bench):
    bench.person(graph_of("s1", "s2"))
    bench.store.record("default", "s2", [said(False, 1, SMS)])
    assert bench.says_nothing("s2")
    assert not allows(bench.decisions("s1"), "marketing", "", "sms")
    assert list(bench.reader.ledger("default", ["s1", "s2"])["s2"]) == [said(False, 1, SMS)]


def test_at_a_merge_the_stricter_holds_and_a_later_grant_again(bench):
    bench.strand("s1", "s2")
    bench.store.record("default", "s1", [said(True, 3)])
    bench.store.record("default", "s2", [said(False, 1)])
    bench.become(["s1", "s2"], graph_of("s1", "s2", joined=5))

    assert bench.says_nothing("s2")
    assert not allows(bench.decisions("s2"), "marketing")
    bench.store.record("default", "s1", [said(True, 4)])  # late: he said so before the merge
    assert not allows(bench.decisions("s2"), "marketing")
    bench.store.record("default", "s1", [said(True, 6)])
    assert allows(bench.decisions("s2"), "marketing")


def test_merged_and_parted_again_everybody_has_what_was(bench):
    bench.strand("s1", "s2")
    bench.store.record("default", "s1", [said(True, 3)])
    bench.store.record("default", "s2", [said(False, 1)])
    was = bench.decisions("s1"), bench.decisions("s2")
    bench.become(["s1", "s2"], graph_of("s1", "s2", joined=5))
    bench.store.record("default", "s2", [said(False, 7, Scope("service"))])
    one, two = graph_of("s1", version=2), graph_of("s2", version=2)
    bench.become(["s1"], one, two)

    assert bench.decisions("s1") == was[0]
    assert bench.decisions("s2") == {**was[1], Scope("service"): said(False, 7, Scope("service"))}
    assert bench.row("s1")["version"] > 2


def test_an_operators_refusal_outlives_a_split_on_both_sides_and_a_grant_does_not(bench):
    bench.person(graph_of("s1", "s2"))
    bench.store.decide("default", "s2", said(False, 1, evidence="operator"))
    bench.store.decide("default", "s2", said(True, 2, Scope("service"), evidence="operator"))
    bench.become(["s1"], graph_of("s1", version=2), graph_of("s2", version=2))
    assert verdict(bench.decisions("s1"), "marketing").granted is False
    assert verdict(bench.decisions("s2"), "marketing").granted is False
    assert allows(bench.decisions("s1"), "service")
    assert verdict(bench.decisions("s2"), "service") is None


def test_a_merge_of_people_who_never_decided_costs_one_row(bench):
    bench.strand("s1", "s2", "s3")
    [emptied] = bench.moves.actions_for("default", ["s1", "s2"], [graph_of("s1", "s2")])
    assert emptied["Put"]["Item"]["pk"]["S"] == keys.person("default", "s2")
    assert bench.moves.actions_for("default", ["s1"], [graph_of("s1", "new")]) == []
    assert bench.moves.actions_for("default", [], [graph_of("new")]) == []
    bench.store.record("default", "s1", [said(True, 0)])
    [emptied] = bench.moves.actions_for("default", ["s1", "s2"], [graph_of("s1", "s2")])
    assert emptied["Put"]["Item"]["pk"]["S"] == keys.person("default", "s2")
    moved = bench.moves.actions_for("default", ["s1", "s2"], [graph_of("s1", "s2", first="s2")])
    written = [action["Put"]["Item"]["sk"]["S"].partition("#")[0] for action in moved]
    assert written == ["CONSENT", "EVT"] * 2  # s1 says nothing any more, and s2 everything


@pytest.mark.parametrize("early", [(), ("s1",), ("s2",), ("s1", "s2")])
@pytest.mark.parametrize("strand", ["s1", "s2"])
def test_a_refusal_during_a_merge_is_refused_or_carried_along(bench, early, strand):
    """Somebody reads, the merge commits, and only then the refusal is written."""
    bench.strand("s1", "s2")
    for name in early:
        bench.store.record("default", name, [said(True, 0)])
    merge = Meddling(
        bench.client,
        lambda: bench.become(["s1", "s2"], graph_of("s1", "s2", joined=1, version=2)),
    )
    assert bench.through(merge).record("default", strand, [said(False, 3)]) == 1
    for name in ("s1", "s2"):
        assert not allows(bench.decisions(name), "marketing")
    assert verdict(bench.decisions("s1"), "marketing") == said(False, 3)
    assert bench.says_nothing("s2")


@pytest.mark.parametrize("early", [(), ("s1",), ("s2",), ("s1", "s2")])
@pytest.mark.parametrize("strand", ["s1", "s2"])
def test_a_merge_sees_a_refusal_that_was_written_while_it_was_decided(bench, early, strand):
    """The merge reads, the refusal commits, and only then the merge is written."""
    bench.strand("s1", "s2")
    for name in early:
        bench.store.record("default", name, [said(True, 0)])
    merged = graph_of("s1", "s2", joined=1, version=2)
    for _ in range(2):
        actions = bench.moves.actions_for("default", ["s1", "s2"], [merged])
        bench.store.record("default", strand, [said(False, 3)])
        try:
            bench.client.transact_write_items(TransactItems=[*bench.rows(merged), *actions])
            break
        except bench.client.exceptions.TransactionCanceledException:
            continue
    assert verdict(bench.decisions("s2"), "marketing") == said(False, 3)
    assert bench.says_nothing("s2")


@pytest.mark.parametrize("early", [(), ("s1",), ("s2",), ("s1", "s2")])
@pytest.mark.parametrize("strand", ["s1", "s2"])
def test_a_refusal_during_a_split_ends_with_whom_it_belongs_to(bench, early, strand):
    bench.person(graph_of("s1", "s2"))
    for name in early:
        bench.store.record("default", name, [said(True, 1)])
    parts = graph_of("s1", version=2), graph_of("s2", version=2)
    split = Meddling(bench.client, lambda: bench.become(["s1"], *parts))
    assert bench.through(split).record("default", strand, [said(False, 3)]) == 1
    for name in ("s1", "s2"):
        mine = {name: bench.reader.ledger("default", [name])[name]}
        assert bench.decisions(name) == in_force(mine, ())
    assert verdict(bench.decisions(strand), "marketing") == said(False, 3)


def test_what_is_in_force_is_what_all_ledgers_of_the_person_come_to(bench):
    bench.strand("s1", "s2")
    lines = {
        "s1": [said(True, 0), said(False, 2, SMS), said(True, 4, SMS)],
        "s2": [said(True, 1, SMS), said(False, 3), said(True, 6, Scope("marketing", "sale"))],
    }
    for name in ("s1", "s2"):
        bench.store.record("default", name, lines[name][:2])
    bench.become(["s1", "s2"], graph_of("s1", "s2", joined=2))
    for name in ("s1", "s2"):
        bench.store.record("default", name, lines[name][2:])
    ledgers = bench.reader.ledger("default", ["s1", "s2"])
    assert ledgers == lines
    expected = in_force(ledgers, [Join("s1", "s2", at(2))])
    known = bench.decisions("s2")
    assert {s: (d.granted, d.moment) for s, d in known.items()} == {
        s: (d.granted, d.moment) for s, d in expected.items()
    }
