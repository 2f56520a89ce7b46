"""Who is who in the table: found by hints or redirects, written whole or not at all."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.aws import identity_commit, identity_store, keys
from shared.aws.identity_rows import dispute_item, dispute_of
from shared.domain.identity.graph import Edge, Identifier
from shared.domain.identity.resolution import Claim, Dispute
from shared.domain.identity.rules import Breaker, IdentityRules, KindRule
from shared.errors import ConflictError
from tests.applying import named_rows
from tests.conftest import PROFILES_TABLE
from tests.crash.faults import Line
from tests.crash.identities import Town

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA, BEN = Identifier("user_id", "ada"), Identifier("user_id", "ben")
PHONE, LAPTOP = Identifier("anonymous_id", "phone"), Identifier("anonymous_id", "laptop")
RULES = IdentityRules(
    kinds=(
        KindRule(kind="user_id", strength="strong", limit=1),
        KindRule(kind="anonymous_id", limit=400),
    ),
    breaker=Breaker(identifiers=500, links_a_day=500),
)


def claim(*identifiers: Identifier, minute: int = 0) -> Claim:
    at = NOON + timedelta(minutes=minute)
    name = f"{minute}-{'-'.join(each.value for each in identifiers)}"
    return Claim(message_id=name, source_id="web", at=at, identifiers=identifiers)


@pytest.fixture
def town(dynamodb: Any) -> Town:
    return Town(dynamodb, RULES)


def root_of(town: Town, identifier: Identifier) -> str:
    store = town.store()
    findings = store.find("default", store.sightings("default", [identifier]))
    return findings.known.owners[identifier]


def profile(town: Town, strand: str) -> dict[str, Any]:
    rows = named_rows(town.client, PROFILES_TABLE)
    return next(row for row in rows if row["sk"] == "PROFILE" and row["profile_id"] == strand)


def test_a_stale_hint_is_followed_once_and_corrected(town: Town):
    assert town.take([claim(ADA)])
    assert town.take([claim(PHONE)])
    assert town.take([claim(ADA, PHONE, minute=1)])
    first, second = Line(), Line()
    store, again = town.store(first), town.store(second)
    known = store.find("default", store.sightings("default", [PHONE])).known
    assert known.owners[PHONE] == known.owners[ADA]
    assert first.calls == ["batch_get_item"] * 3 + ["update_item"]
    again.find("default", again.sightings("default", [PHONE]))
    assert second.calls == ["batch_get_item"] * 2


def test_whoever_decided_on_what_has_changed_since_is_refused(town: Town):
    from shared.domain.identity.resolve import resolve

    assert town.take([claim(ADA)])
    store = town.store()
    known = store.find("default", store.sightings("default", [ADA])).known
    late = resolve([claim(ADA, LAPTOP)], known, town.rulebook, lambda: "late")
    assert town.take([claim(ADA, PHONE)])
    with pytest.raises(ConflictError):
        store.commit("default", late, known, {})
    assert store.sightings("default", [LAPTOP]) == {}


@pytest.fixture
def small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Transactions that hold eight actions."""
    monkeypatch.setattr(identity_commit, "MAX_ACTIONS", 8)
    monkeypatch.setattr(identity_store, "MAX_ACTIONS", 8)


def two_large_people(town: Town) -> Claim:
    """A user, and an unknown person with ten browsers; gives the claim that makes them one."""
    browser = Identifier("anonymous_id", "x0")
    assert town.take([claim(ADA, PHONE), claim(ADA, LAPTOP)])
    for number in range(1, 10):
        assert town.take([claim(browser, Identifier("anonymous_id", f"x{number}"), minute=number)])
    return claim(ADA, browser, minute=90)


def _fail_after_the_merge(line: Line, number: int, step: int, fault: Any) -> None:
    merged = [n for n, name in enumerate(line.calls, 1) if name == "transact_write_items"]
    if merged and number == merged[0] + step:
        line.faults[number] = fault


def test_strands_that_no_transaction_holds_are_redirected_afterwards(
    town: Town, small_transactions: None
):
    link = two_large_people(town)
    line = Line()
    assert town.take([link], line)
    calls = line.calls.count("transact_write_items")
    assert calls == 3  # the merge, and twelve redirects with a check each time
    assert len(town.people()) == 1
    again = Line()
    assert town.take([link], again)
    assert "transact_write_items" not in again.calls


@pytest.mark.parametrize("fault", ["before", "after", "lost"])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_redirects_that_were_not_finished_are_followed_and_finished_by_the_next(
    town: Town, small_transactions: None, fault: Any, step: int
):
    link = two_large_people(town)
    line = Line()
    line.hook = lambda number: _fail_after_the_merge(line, number, step, fault)
    if not town.take([link], line):
        assert town.take([link])
    assert line.faults, "the fault was never met"
    assert root_of(town, Identifier("anonymous_id", "x7")) == root_of(town, ADA)
    assert len(town.people()) == 1  # its check is that every redirect takes one hop


def test_a_dispute_is_read_back_as_it_was_written():
    edge = Edge(PHONE, BEN, NOON, "m1", "web", "hash", "identify")
    dispute = Dispute(edge, "kept_apart", "s1", "s2")
    assert dispute_of(dispute_item("default", "s1", dispute)) == dispute


def test_more_strands_than_can_be_read_at_once_leave_people_apart_and_say_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(identity_store, "MAX_WIDE_STRANDS", 1)
    tablet = Identifier("anonymous_id", "tablet")
    assert town.take([claim(ADA, tablet, minute=5)])
    before = town.people()
    earlier = claim(BEN, tablet, minute=1)
    assert town.take([claim(BEN, tablet, minute=9)])
    assert town.take([earlier])
    assert town.counts["MergesStopped"] == 1
    assert town.people() == before | {frozenset({"user_id=ben"})}
    again = Line()
    assert town.take([earlier], again)
    assert Counter(again.calls) == {"batch_get_item": 3}


def test_a_claim_that_no_transaction_holds_is_refused_for_now(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(identity_commit, "MAX_ACTIONS", 3)
    monkeypatch.setattr(identity_store, "MAX_ACTIONS", 3)
    assert not town.take([claim(ADA, PHONE)])
    assert town.take([claim(ADA), claim(BEN)])  # two transactions


def test_links_that_no_row_holds_leave_a_person_as_it_is(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    """Else nothing could ever be linked to the person any more, and each try would come again."""
    monkeypatch.setattr(identity_commit, "MAX_GRAPH_BYTES", 700)
    assert town.take([claim(ADA, PHONE)])
    long = Claim(message_id="x" * 500, source_id="web", at=NOON, identifiers=(ADA, LAPTOP))
    assert town.take([long])
    assert town.people() == {
        frozenset({"user_id=ada", "anonymous_id=phone"}),
        frozenset({"anonymous_id=laptop"}),
    }
    assert town.counts["MergesStopped"] == 1
    again = Line()
    assert town.take([long], again)
    assert set(again.calls) == {"batch_get_item"}


def test_the_key_of_a_dispute_is_the_same_from_both_ends():
    assert keys.dispute(PHONE, BEN) == keys.dispute(tuple(PHONE), tuple(BEN))
    assert keys.dispute(PHONE, BEN) != keys.dispute(LAPTOP, BEN)
