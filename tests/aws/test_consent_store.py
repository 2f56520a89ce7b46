"""Decisions are kept for ever, and what is in force follows them through every race."""

from itertools import permutations

import pytest
from botocore.exceptions import ReadTimeoutError

from shared.domain.consents.in_force import allows
from shared.domain.consents.model import Scope
from shared.domain.instants import format_instant
from shared.errors import TransientError
from tests.aws.consent_bench import SMS, Bench, Meddling, at, said


@pytest.fixture
def bench(dynamodb):
    return Bench(dynamodb)


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


def test_a_stamp_takes_back_no_word_and_is_not_even_written_down_then(bench):
    bench.strand("s1")
    stamped = [said(True, hours, evidence="stamp") for hours in range(5)]
    bench.store.record("default", "s1", [stamped[0]])
    bench.store.record("default", "s1", [said(False, 1, evidence="link")])
    for stamp in stamped[2:]:
        assert bench.store.record("default", "s1", [stamp]) == 0
    assert not allows(bench.decisions("s1"), "marketing")
    assert len(bench.reader.ledger("default", ["s1"])["s1"]) == 2
    bench.store.record("default", "s1", [said(True, 9)])
    assert allows(bench.decisions("s1"), "marketing")


def test_a_stamp_takes_back_a_stamp_also_beside_a_word(bench):
    """Of all but emails he said no; then a client stamped a no, and takes that back."""
    bench.strand("s1")
    email = Scope("marketing", channel="email")
    bench.store.record("default", "s1", [said(False, 1), said(True, 2, email)])
    bench.store.record("default", "s1", [said(False, 3, evidence="stamp")])
    assert not allows(bench.decisions("s1"), "marketing", "", "email")
    assert bench.store.record("default", "s1", [said(True, 4, evidence="stamp")]) == 1
    assert allows(bench.decisions("s1"), "marketing", "", "email")
    assert not allows(bench.decisions("s1"), "marketing")
    assert bench.store.record("default", "s1", [said(True, 5, evidence="stamp")]) == 0


def test_a_person_of_one_strand_costs_three_rows_and_the_first_time_one_check(bench):
    """Ledger, what is in force, and the event; none of the last where nothing has changed."""
    bench.strand("s1")
    line = Meddling(bench.client)
    bench.through(line).record("default", "s1", [said(True, 0)])
    bench.through(line).record("default", "s1", [said(False, 1)])
    bench.through(line).record("default", "s1", [said(False, 2)])
    kinds = [[next(iter(action)) for action in one] for one in line.transactions]
    assert kinds == [["Put", "Put", "Put", "ConditionCheck"], ["Put"] * 3, ["Put", "Put"]]


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


# --- words of the person --------------------------------------------------------------------------


def at_text(hours):
    return format_instant(at(hours))


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
    bench.suppressions.put(*address, reason="complaint", source="operator", at=at(0))
    bench.store.record("default", "s1", [reply(True, 2)])
    assert bench.suppressions.find(*address)["reason"] == "complaint"


@pytest.mark.parametrize("reason", ["operator", "bounce", "complaint"])
def test_words_leave_alone_what_was_closed_for_another_reason(bench, reason):
    bench.strand("s1")
    address = ("default", "sms", "+14255550123")
    bench.suppressions.put(*address, reason=reason, source="by letter", at=at(0))
    closed = bench.suppressions.find(*address)
    assert bench.store.record("default", "s1", [reply(False, 1)]) == 1
    assert bench.suppressions.find(*address) == closed
    assert not allows(bench.decisions("s1"), "marketing", "", "sms")
    bench.store.record("default", "s1", [reply(True, 2)])
    assert bench.suppressions.find(*address) == closed


def test_of_several_words_the_last_one_closes_the_address_in_whatever_order_they_come(bench):
    bench.strand("s1")
    for lines in ([reply(False, 5), reply(False, 4)], [reply(False, 3)], [reply(True, 4)]):
        bench.store.record("default", "s1", lines)
        assert bench.suppressions.find("default", "sms", "+14255550123")["at"] == at_text(5)


def test_an_address_that_is_closed_and_opened_while_words_are_written_down_ends_closed(bench):
    """An operator closes it after it was looked up, and opens it again before the next try."""
    bench.strand("s1")
    address = ("default", "sms", "+14255550123")
    wrong = {"reason": "operator", "source": "by letter", "at": at(0)}
    meddling = Meddling(
        bench.client,
        lambda: bench.suppressions.put(*address, **wrong),
        lambda: bench.suppressions.remove(*address),
    )
    assert bench.through(meddling).record("default", "s1", [reply(False, 1)]) == 1
    kinds = [next(iter(one[-1])) for one in meddling.transactions]
    assert kinds == ["Put", "ConditionCheck", "Put"]
    assert bench.suppressions.find(*address)["reason"] == "opt_out"
    assert len(bench.reader.ledger("default", ["s1"])["s1"]) == 1


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
