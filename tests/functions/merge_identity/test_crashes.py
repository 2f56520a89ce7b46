"""Whatever call a run dies at, delivering again what was not finished gives the same end."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://aws.example"


class KilledError(BaseException):
    """The process is gone: nothing catches this."""


def dies(number, name):
    raise KilledError


def cannot_connect(number, name):
    raise EndpointConnectionError(endpoint_url=URL)


def loses_the_answer(number, name):
    raise ReadTimeoutError(endpoint_url=URL)


FAULTS = {
    "dies before": ("before", dies),
    "dies after": ("after", dies),
    "cannot connect": ("before", cannot_connect),
    "loses the answer": ("after", loses_the_answer),
}


@pytest.fixture
def story(make_event):
    """What came before, and a batch in which everything happens."""

    def at(seconds):
        return NOON + timedelta(seconds=seconds)

    marketing = {"consent": {"categoryPreferences": {"marketing": True}}}
    signed_up = make_event(
        type="identify", user_id="ada", anonymous_id="phone", traits={"city": "上海"}, at=at(3)
    )
    before = [
        make_event(anonymous_id="phone", at=at(0)),
        make_event(type="identify", user_id="eve", traits={"city": "苏州", "age": 1}, at=at(1)),
    ]
    batch = (
        [make_event(anonymous_id="phone", at=at(2)), signed_up],
        [
            signed_up,
            make_event(user_id="ben", anonymous_id="phone", context=marketing, at=at(4)),
            make_event(type="identify", user_id="eve", traits={"age": 2}, at=at(5)),
            {"type": "nothing that can be read"},
        ],
    )
    return before, batch


def run_with_fault(bench, batch, make_wire, call, fault):
    """Run the batch with a fault around one call, then deliver what failed until nothing does."""
    phase, act = FAULTS[fault]

    def hook(number, name):
        if number == call:
            act(number, name)

    wire = make_wire(**{phase: hook})
    try:
        failed = bench.apply(*batch, wire=wire).failed
    except KilledError:
        failed = {"r1", "r2"}
    for _ in range(2):
        if failed:
            chosen = [batch[int(record[1:]) - 1] for record in sorted(failed)]
            failed = bench.apply(*chosen).failed
    assert failed == set()
    return len(wire.calls)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_call_leaves_the_same_end(bench, story, make_wire, fault):
    before, batch = story
    wire = make_wire()
    bench.apply(before)
    outcome = bench.apply(*batch, wire=wire)
    assert outcome.failed == set()
    assert outcome.counts["EventsApplied"] == 4
    expected, letters = bench.state(), bench.dead_letters()
    assert len(letters) == 1
    for call in range(1, len(wire.calls) + 1):
        bench.clear()
        bench.apply(before)
        made = run_with_fault(bench, batch, make_wire, call, fault)
        assert made >= call, "the fault was never met"
        assert bench.state() == expected, f"{fault} call {call} ({wire.calls[call - 1]})"
        again = bench.dead_letters()
        # A process that dies right after the letter was sent sends it once more.
        assert again in ([letters[0]], [letters[0]] * 2)


def test_one_person_out_of_reach_fails_only_the_records_that_hold_their_events(
    bench, make_event, make_wire
):
    ada, ben = make_event(user_id="ada"), make_event(user_id="ben")

    def hook(number, name):
        if name == "put_item" and wire.requests[-1]["Item"]["sk"]["S"].endswith(ada.message_id):
            cannot_connect(number, name)

    wire = make_wire(before=hook)
    outcome = bench.apply([ada], [ben], [ben, make_event(user_id="ada")], wire=wire)
    assert outcome.failed == {"r1", "r3"}
    assert outcome.counts["EventsApplied"] == 1
    written = [row["sk"] for row in bench.rows() if row["sk"].startswith("EVT#")]
    assert [sk.rsplit("#")[-1] for sk in written] == [ben.message_id]


def test_a_table_out_of_reach_fails_every_record_and_writes_nothing(bench, make_event, make_wire):
    wire = make_wire(before=cannot_connect)
    assert bench.apply([make_event()], [make_event()], wire=wire).failed == {"r1", "r2"}
    assert bench.rows() == []


def test_an_unsent_dead_letter_brings_its_record_back(bench, make_event, make_wire):
    def hook(number, name):
        if name == "send_message_batch":
            cannot_connect(number, name)

    message = [make_event(), {"type": "nothing"}]
    assert bench.apply(message, wire=make_wire(before=hook)).failed == {"r1"}
    assert bench.apply(message).counts == {"EventsDuplicate": 1, "EventsDeadLettered": 1}
    assert len(bench.dead_letters()) == 1
