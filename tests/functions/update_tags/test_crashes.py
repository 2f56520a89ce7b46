"""Whatever breaks at whatever call, the next deliveries put everything right, and tell it once."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import keys
from tests.functions.update_tags.catalogs import SEGMENTS
from tests.functions.update_tags.conftest import Wire, segments_in

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ADA, BOB = "ada", "bob"
PEOPLE = (ADA, BOB)


@pytest.fixture
def bench(bench):
    """The bench with three segments only, because every call counts, several hundred times."""
    bench.catalog.conditions = {
        name: SEGMENTS[name] for name in ("hesitating", "shanghai", "today")
    }
    return bench


class CrashError(BaseException):
    """The end of the process: nothing can catch it, nobody cleans up, the neighbours wait."""


class LostError(Exception):
    """An answer that never came: whether the call was carried out nobody knows."""


def breaking(number, moment, error):
    """A wire on which the numbered call breaks, before or after it is carried out."""

    def hook(call, when):
        if (call, when) == (number, moment):
            raise error

    return Wire(hook)


def batches(bench):
    """Six changes that move every kind of row, and two that move some of them back."""
    bench.begin_again()
    first = [
        bench.learn(ADA, "INSERT", city="上海"),
        bench.event(ADA, "page"),
        bench.event(BOB, "page"),
        bench.event(ADA, "page"),
        bench.event(ADA, "cart"),
        bench.event(ADA, "page"),
    ]
    return first, [bench.event(ADA, "order"), bench.event(ADA, "page")]


def stored(bench):
    """What is left in the end: counters, states, who is where, and what journeys heard of."""
    table = bench.everything()
    people = {name: table.get(keys.person("default", name), {}) for name in PEOPLE}
    for name, rows in people.items():
        expect_all_told(rows, bench.facts(name))
    inside = Counter(segment for rows in people.values() for segment in segments_in(rows))
    for segment_id in bench.catalog.conditions:
        tallies = table.get(keys.tally("default", "SEGMENT", segment_id, "").pk, {})
        assert sum(row["members"] for row in tallies.values()) == inside[segment_id]
    return {
        name: (counted(rows), segments_in(rows), matched(bench.facts(name)))
        for name, rows in people.items()
    }


def counted(rows):
    """The folded rows; positions are new in each run, and stages have a test of their own."""
    left_out = ("position", "stage", "stage_since", "judged", "building")
    return {
        sk: {name: value for name, value in row.items() if name not in left_out}
        for sk, row in rows.items()
        if sk.startswith(keys.COUNTER_PREFIX) or sk == keys.STATE
    }


def matched(facts):
    return [fact.event.name for fact in facts if fact.name == "EventMatched"]


def expect_all_told(rows, facts):
    """Every stored flip and move was published, and no other one; no mark is left."""
    assert not any("untold" in row or "stage_before" in row for row in rows.values())
    told = {fact.segment_id for fact in facts if hasattr(fact, "segment_id")}
    known = {sk.removeprefix(keys.SEGMENT_PREFIX) for sk in rows if sk.startswith("SEG#")}
    assert told <= known
    for segment_id in known:
        edges = [fact.name for fact in facts if getattr(fact, "segment_id", "") == segment_id]
        flips = rows[keys.membership(segment_id)]["flips"]
        assert edges == (["SegmentEntered", "SegmentExited"] * flips)[:flips]

    moves = [fact for fact in facts if fact.name == "LifecycleChanged"]
    stages = ["prospect", *(move.stage_after for move in moves)]
    assert [move.stage_before for move in moves] == stages[:-1]
    assert rows[keys.STATE]["stage"] == stages[-1]

    due = min((row["changes_at"] for row in rows.values() if "changes_at" in row), default="~")
    assert rows[keys.STATE].get("due_at", "~") <= due


def number_of_calls(bench):
    wire = Wire()
    bench.deliver(batches(bench)[0], wire)
    return len(wire.calls)


def test_a_process_that_dies_after_any_call_is_put_right_by_the_same_batch(bench):
    bench.deliver(batches(bench)[0])
    expected = stored(bench)

    # To die after a call is to die before the next one.
    for number in range(1, number_of_calls(bench) + 1):
        batch, _ = batches(bench)
        with pytest.raises(CrashError):
            bench.deliver(batch, breaking(number, "after", CrashError))
        assert bench.deliver(batch).failed == 0
        assert stored(bench) == expected


def test_a_call_that_is_made_twice_because_its_answer_was_lost_changes_nothing(bench):
    bench.deliver(batches(bench)[0])
    expected = stored(bench)

    for number in range(1, number_of_calls(bench) + 1):
        batch, _ = batches(bench)

        assert bench.deliver(batch, Wire(repeat=number)).failed == 0
        assert stored(bench) == expected


def redelivered(how, first, second):
    """What may be delivered after the first batch has failed, and what follows."""
    half = len(first) // 2
    match how:
        case "the same":
            return [first, second]
        case "halves":
            return [first[:half], first[half:], second]
        case "one by one":
            return [[record] for record in first + second]
        case "larger":
            return [first + second]
        case "all of it twice":
            return [first, first, second, second, first]


WAYS = ["the same", "halves", "one by one", "larger", "all of it twice"]


@pytest.fixture
def undisturbed(bench):
    for batch in batches(bench):
        bench.deliver(batch)
    return stored(bench)


@pytest.mark.parametrize("how", WAYS)
@given(number=st.integers(1, 20), moment=st.sampled_from(["before", "after"]), dies=st.booleans())
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_changes_come_again_they_come_to_the_same(
    bench, undisturbed, how, number, moment, dies
):
    first, second = batches(bench)
    if dies:
        with pytest.raises(CrashError):
            bench.deliver(first, breaking(number, moment, CrashError))
    else:
        assert bench.deliver(first, breaking(number, moment, LostError)).failed == 1
    for batch in redelivered(how, first, second):
        assert bench.deliver(batch).failed == 0

    assert stored(bench) == undisturbed


def test_a_flip_that_was_undone_before_it_could_be_told_is_told_with_its_undoing(bench):
    batch = [bench.event(ADA, "other"), bench.learn(ADA, "INSERT", city="上海")]
    for number in range(1, 12):
        bench.begin_again()
        bench.learn(ADA, "INSERT", city="上海")
        with suppress(CrashError):  # the batch may need fewer calls
            bench.deliver(batch, breaking(number, "after", CrashError))
        left = bench.learn(ADA, city="北京")

        bench.deliver(batch)
        bench.deliver([left])

        expect_all_told(bench.rows(ADA), bench.facts(ADA))
        assert bench.segments(ADA) == set()
