"""Decisions are kept for ever, and what is in force follows them through every race and merge."""

from datetime import timedelta
from itertools import pairwise, permutations
from types import SimpleNamespace

import pytest
from botocore.exceptions import ReadTimeoutError

from shared.aws import keys
from shared.aws.consent_moves import ConsentMoves
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.items import from_item, to_item, to_text
from shared.aws.suppressions import Suppressions
from shared.domain.consents.in_force import allows, in_force, verdict
from shared.domain.consents.model import Decision, Join, Scope
from shared.domain.identity import graph as graphs
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root
from shared.errors import TransientError
from tests.conftest import NOON, PROFILES_TABLE

SECRET = SimpleNamespace(key=lambda purpose, workspace_id: f"{purpose}{workspace_id}".encode() * 9)
EVERYTHING = Scope("marketing")
SMS = Scope("marketing", channel="sms")


def at(hours):
    return NOON + timedelta(hours=hours)


def said(granted, hours, scope=EVERYTHING, evidence="event", **more):
    source = f"m{hours}{scope.channel}{scope.topic}{granted}"
    return Decision(scope, granted, at(hours), source, evidence, **more)


def graph_of(*strands, joined=0, version=1, first=None):
    """Strands that were linked one after the other, the first one of all at `joined`."""
    nodes = tuple(Node(Identifier("user_id", s), s, NOON) for s in strands)
    edges = tuple(
        Edge(one.identifier, two.identifier, at(joined), "m", "web", "server", "identify")
        for one, two in pairwise(nodes)
    )
    root = first or strands[0]
    return Graph(roots=(Root(root, NOON),), nodes=nodes, edges=edges, version=version)


class Bench:
    """The stores, and people as merge_identity would write them."""

    def __init__(self, client):
        self.client = client
        self.suppressions = Suppressions(client, PROFILES_TABLE, SECRET)
        self.store = ConsentStore(client, PROFILES_TABLE, self.suppressions, lambda _: None)
        self.reader = ConsentReader(client, PROFILES_TABLE)
        self.moves = ConsentMoves(client, PROFILES_TABLE)

    def through(self, client):
        return ConsentStore(client, PROFILES_TABLE, self.suppressions, lambda _: None)

    def strand(self, *names):
        for name in names:
            self._put(self._row(name))

    def person(self, graph):
        for action in self.rows(graph):
            self.client.put_item(**action["Put"])

    def rows(self, graph):
        """A graph as PROFILE rows."""
        text = to_text(graphs.to_json(graph))
        root = graph.profile_id
        stored = [self._row(root, graph=text, graph_version=graph.version)]
        stored += [
            self._row(node.strand_id, redirect=root)
            for node in graph.nodes
            if node.strand_id != root
        ]
        return [{"Put": {"TableName": PROFILES_TABLE, "Item": row}} for row in stored]

    def become(self, before, *after):
        """The transaction in which these people become those."""
        actions = [row for graph in after for row in self.rows(graph)]
        actions += self.moves.actions_for("default", before, after)
        self.client.transact_write_items(TransactItems=actions)

    def decisions(self, strand):
        return self.reader.standing("default", strand).kept.decisions

    def says_nothing(self, strand):
        row = self.row(strand)
        return row is None or (row["latest"], row["decisions"]) == ("{}", "[]")

    def row(self, strand):
        key = to_item({"pk": keys.person("default", strand), "sk": keys.CONSENT})
        item = self.client.get_item(TableName=PROFILES_TABLE, Key=key).get("Item")
        return from_item(item) if item else None

    def _row(self, name, **more):
        person = {"profile_id": name, "created_at": NOON, "version": 0, "traits": "{}"}
        return to_item({"pk": keys.person("default", name), "sk": keys.PROFILE, **person, **more})

    def _put(self, item):
        self.client.put_item(TableName=PROFILES_TABLE, Item=item)


@pytest.fixture
def bench(dynamodb):
    return Bench(dynamodb)


class Meddling:
    """A client in front of whose transactions something else happens."""

    def __init__(self, client, *happenings):
        self.client = client
        self.happenings = list(happenings)
        self.transactions = []

    def transact_write_items(self, **request):
        if self.happenings:
            self.happenings.pop(0)()
        self.transactions.append(request["TransactItems"])
        return self.client.transact_write_items(**request)

    def __getattr__(self, name):
        return getattr(self.client, name)


def test_a_decision_is_a_row_of_the_ledger_and_in_force_at_once(bench):
    bench.strand("s1")
    assert bench.store.record("default", "s1", [said(True, 0), said(False, 1, SMS)]) == 2

    assert bench.reader.ledger("default", ["s1"]) == {"s1": [said(True, 0), said(False, 1, SMS)]}
    known = bench.decisions("s1")
    assert allows(known, "marketing", "", "email")
    assert not allows(known, "marketing", "", "sms")


def test_the_same_decision_twice_is_one_row(bench):
    bench.strand("s1")
    again = [said(True, 0), said(False, 1), said(True, 0)]
    assert bench.store.record("default", "s1", again) == 2
    assert bench.store.record("default", "s1", again) == 0
    assert len(bench.reader.ledger("default", ["s1"])["s1"]) == 2
    assert bench.row("s1")["version"] == 1


def test_an_old_decision_that_no_longer_decides_is_known_by_its_row_of_the_ledger(bench):
    bench.strand("s1")
    bench.store.record("default", "s1", [said(True, 0)])
    bench.store.record("default", "s1", [said(True, 2)])
    assert bench.store.record("default", "s1", [said(True, 0), said(False, 1)]) == 1
    assert len(bench.reader.ledger("default", ["s1"])["s1"]) == 3
    assert allows(bench.decisions("s1"), "marketing")


def test_decisions_come_to_the_same_in_any_order(bench):
    lines = [said(True, 0), said(False, 1), said(True, 2, SMS), said(False, 3, Scope("service"))]
    ends = set()
    for number, order in enumerate(permutations(lines)):
        bench.strand(f"p{number}")
        for line in order:
            bench.store.record("default", f"p{number}", [line])
        ends.add(bench.row(f"p{number}")["decisions"])
    assert len(ends) == 1


def test_a_stamp_that_repeats_a_grant_in_force_writes_nothing_and_a_refusal_is_always_kept(bench):
    bench.strand("s1")
    stamps = [said(True, hours, evidence="stamp") for hours in range(3)]
    assert bench.store.record("default", "s1", stamps) == 1
    assert bench.store.record("default", "s1", [said(True, 4, evidence="stamp")]) == 0
    assert bench.store.record("default", "s1", [said(False, 5, evidence="stamp")]) == 1
    assert bench.store.record("default", "s1", [said(False, 6, evidence="stamp")]) == 1
    assert bench.store.record("default", "s1", [said(True, 7, evidence="stamp")]) == 1


def test_a_person_of_one_strand_costs_two_rows_and_the_first_time_one_check(bench):
    bench.strand("s1")
    line = Meddling(bench.client)
    bench.through(line).record("default", "s1", [said(True, 0)])
    bench.through(line).record("default", "s1", [said(False, 1)])
    kinds = [[next(iter(action)) for action in one] for one in line.transactions]
    assert kinds == [["Put", "Put", "ConditionCheck"], ["Put", "Put"]]


@pytest.mark.parametrize("profile", [None, {"erasing": "e1"}])
def test_nobody_there_or_being_erased_leaves_no_trace(bench, profile):
    if profile:
        bench._put(bench._row("s1", **profile))
    assert bench.store.record("default", "s1", [said(False, 0)]) == 0
    assert not bench.store.decide("default", "s1", said(False, 0, evidence="operator"))
    assert bench.row("s1") is None
    assert bench.reader.ledger("default", ["s1"]) == {"s1": []}


def test_two_at_once_lose_nothing(bench):
    bench.strand("s1")
    meddling = Meddling(
        bench.client,
        lambda: bench.store.record("default", "s1", [said(False, 3, SMS)]),
        lambda: bench.store.record("default", "s1", [said(True, 1)]),
    )
    assert bench.through(meddling).record("default", "s1", [said(True, 2)]) == 1
    assert len(bench.reader.ledger("default", ["s1"])["s1"]) == 3
    assert not allows(bench.decisions("s1"), "marketing", "", "sms")


def test_the_same_one_twice_at_once_is_one_row(bench):
    bench.strand("s1")
    both = [said(False, 2), said(True, 1)]
    meddling = Meddling(bench.client, lambda: bench.store.record("default", "s1", both[:1]))
    assert bench.through(meddling).record("default", "s1", both) == 1
    assert len(bench.reader.ledger("default", ["s1"])["s1"]) == 2


def test_a_person_that_changes_all_the_time_is_tried_again_later(bench):
    bench.strand("s1")
    busy = [
        lambda hours=hours: bench.store.record("default", "s1", [said(True, hours)])
        for hours in range(20)
    ]
    with pytest.raises(TransientError):
        bench.through(Meddling(bench.client, *busy)).record("default", "s1", [said(False, 99)])


# --- people who become one, and several again -----------------------------------------------------


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
    assert [list(action) for action in moved] == [["Put"], ["Put"]]


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


# --- words of the person --------------------------------------------------------------------------


def reply(granted, hours, address="+14255550123"):
    scope = SMS if not granted else Scope("service", channel="sms")
    return said(granted, hours, scope, "opt_out", address=address, detail="TD")


def test_words_that_stop_messages_close_the_address_too_and_words_that_start_open_it(bench):
    bench.strand("s1")
    stop = reply(False, 1)
    bench.store.record("default", "s1", [stop])
    row = bench.suppressions.find("default", "sms", "+14255550123")
    assert (row["reason"], row["source"]) == ("opt_out", stop.source)
    assert not allows(bench.decisions("s1"), "marketing", "", "sms")

    bench.store.record("default", "s1", [reply(True, 0)])
    assert bench.suppressions.find("default", "sms", "+14255550123")
    bench.store.record("default", "s1", [reply(True, 2)])
    assert bench.suppressions.find("default", "sms", "+14255550123") is None
    assert not allows(bench.decisions("s1"), "marketing", "", "sms")
    bench.store.record("default", "s1", [stop])  # delivered once more
    assert bench.suppressions.find("default", "sms", "+14255550123") is None


def test_what_an_operator_closed_no_word_opens(bench):
    bench.strand("s1")
    address = ("default", "sms", "+14255550123")
    bench.suppressions.put(*address, reason="complaint", source="operator", at=NOON)
    bench.store.record("default", "s1", [reply(True, 2)])
    assert bench.suppressions.find(*address)["reason"] == "complaint"


def test_a_reply_from_no_address_is_a_refusal_all_the_same(bench):
    bench.strand("s1")
    bench.store.record("default", "s1", [reply(False, 1, address="?")])
    assert not allows(bench.decisions("s1"), "marketing", "", "sms")


class Lossy(Meddling):
    """A client whose first transaction is written, and the answer lost."""

    def transact_write_items(self, **request):
        answer = super().transact_write_items(**request)
        if len(self.transactions) == 1:
            raise ReadTimeoutError(endpoint_url="https://aws.example")
        return answer


def test_a_lost_answer_loses_and_doubles_nothing(bench):
    bench.strand("s1")
    store = bench.through(Lossy(bench.client))
    with pytest.raises(TransientError):
        store.record("default", "s1", [said(False, 1)])
    assert store.record("default", "s1", [said(False, 1)]) == 0
    assert bench.reader.ledger("default", ["s1"]) == {"s1": [said(False, 1)]}
    assert bench.row("s1")["version"] == 1
