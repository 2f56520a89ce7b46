"""One person in several strands: judged as one, wherever the next event comes in."""

from datetime import timedelta
from itertools import count

import pytest

from tests.functions.update_tags.conftest import NOON, Wire
from tests.functions.update_tags.people import Identity, expect_exact_tallies, members, told

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

ADA, PHONE, BOB = "ada", "phone", "bob"


@pytest.fixture
def identity(bench):
    return Identity(bench)


def test_a_strand_without_a_past_adds_to_its_person(bench, identity):
    bench.deliver([bench.event(ADA, "page") for _ in range(2)])
    bench.deliver([identity.attach(ADA, PHONE)])

    bench.deliver([bench.event(PHONE, "page")])

    assert "hesitating" in members(bench.rows(ADA))
    assert members(bench.rows(PHONE)) == set()
    assert bench.rows(PHONE)["CNT#page#2026-11"]["d22"] == 1
    assert told(bench, ADA)[-1] == "entered hesitating"
    assert told(bench, PHONE) == []
    expect_exact_tallies(bench)


def test_an_event_in_the_root_sees_what_happened_in_the_other_strand(bench, identity):
    bench.deliver([bench.event(ADA, "page")])
    bench.deliver([identity.attach(ADA, PHONE)])
    bench.deliver([bench.event(PHONE, "page"), bench.event(PHONE, "page")])
    bench.deliver([bench.event(PHONE, "order")])

    bench.deliver([bench.event(ADA, "page")])

    assert "hesitating" not in members(bench.rows(ADA))
    assert told(bench, ADA)[-2:] == ["entered buyers", "exited hesitating"]


def test_what_journeys_hear_of_carries_the_profile_that_answers(bench, identity):
    bench.deliver([bench.event(ADA, "other"), bench.event(PHONE, "other")])
    bench.deliver(identity.merge(ADA, PHONE))

    bench.deliver([bench.event(PHONE, "cart")])

    assert told(bench, ADA)[-1] == "did cart"


def test_an_event_keeps_its_fact_when_another_profile_comes_to_answer(bench, identity):
    record = bench.event(PHONE, "cart")
    bench.deliver([bench.event(ADA, "other"), record])
    bench.deliver(identity.merge(ADA, PHONE))

    bench.deliver([record])

    facts = [fact for fact in bench.bus.published if fact.name == "EventMatched"]
    assert [fact.profile_id for fact in facts] == [PHONE, ADA]
    assert len({fact.event_id for fact in facts}) == 1


def test_the_stage_is_that_of_all_strands(bench, identity):
    bench.deliver([bench.event(ADA, "page", at=NOON - timedelta(days=90))])
    bench.deliver([bench.event(PHONE, "other") for _ in range(49)])

    bench.deliver(identity.merge(ADA, PHONE))

    assert bench.rows(ADA)["STATE"]["stage"] == "loyal"
    assert "lost to loyal" in told(bench, ADA)


def test_traits_of_all_strands_count_and_the_later_one_holds(bench, identity):
    bench.deliver(
        [bench.learn(ADA, "INSERT", city="北京"), bench.learn(PHONE, "INSERT", phone="1")]
    )
    bench.deliver(identity.merge(ADA, PHONE))

    bench.deliver([bench.event(ADA, "cart")])

    assert "ready" in members(bench.rows(ADA))


def racing(bench, other):
    """A wire on which another shard takes `other` in right before the numbered call."""

    def at(number):
        def hook(call, when):
            if (call, when) == (number, "before"):
                bench.deliver(other)

        return Wire(hook)

    return at


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [(["page"] * 3, ["order"]), (["page", "page"], ["page"])],
)
def test_two_strands_at_once_come_to_what_one_after_the_other_would(bench, mine, theirs):
    for number in count(1):
        bench.begin_again()
        bench.deliver([bench.event(ADA, "other"), bench.event(PHONE, "other")])
        bench.deliver(Identity(bench).merge(ADA, PHONE))
        here = [bench.event(ADA, name) for name in mine]
        there = [bench.event(PHONE, name) for name in theirs]
        wire = racing(bench, there)(number)

        assert bench.deliver(here, wire).failed == 0
        if len(wire.calls) < number:
            break

        names = mine + theirs
        hesitating = names.count("page") >= 3 and "order" not in names
        assert ("hesitating" in members(bench.rows(ADA))) is hesitating, number
        assert ("buyers" in members(bench.rows(ADA))) is ("order" in names)
        expect_exact_tallies(bench)
        edges = [words for words in told(bench, ADA) if words.endswith(" hesitating")]
        assert edges == (["entered hesitating", "exited hesitating"] * 2)[: len(edges)]
        assert len(edges) % 2 == hesitating
        due = bench.rows(ADA)["STATE"].get("due_at", "~")
        for sk, row in bench.rows(ADA).items():
            assert not sk.startswith("SEG#") or due <= row.get("changes_at", "~")


def test_a_person_who_merges_while_judged_alone_ends_up_whole(bench):
    """The merge and all that follows from it happen right before each call of the other shard."""
    for number in count(1):
        bench.begin_again()
        bench.deliver([bench.event(ADA, "page"), bench.event(PHONE, "other")])
        late = [bench.event(PHONE, name) for name in ("page", "page", "cart")]

        def merged():
            bench.deliver(Identity(bench).merge(ADA, PHONE))

        def hook(call, when, number=number, merged=merged):
            if (call, when) == (number, "before"):
                merged()

        wire = Wire(hook)
        assert bench.deliver(late, wire).failed == 0
        if len(wire.calls) < number:
            break

        assert members(bench.rows(ADA)) == {"visitors", "today", "hesitating"}, number
        assert members(bench.rows(PHONE)) == set()
        expect_exact_tallies(bench)


def test_a_shard_that_died_after_storing_too_late_is_put_right(bench):
    """Whoever judged a strand alone, stored in it after the merge, and died, comes again."""

    class DeadError(BaseException):
        pass

    for number in range(3, 16):
        bench.begin_again()
        bench.deliver([bench.event(ADA, "page"), bench.event(PHONE, "other")])
        late = [bench.event(PHONE, "page")]

        def hook(call, when, number=number):
            if (call, when) == (3, "after"):
                bench.deliver(Identity(bench).merge(ADA, PHONE))
            if (call, when) == (number, "after"):
                raise DeadError

        try:
            bench.deliver(late, Wire(hook))
        except DeadError:
            bench.deliver(late)

        assert members(bench.rows(PHONE)) == set(), number
        assert members(bench.rows(ADA)) == {"visitors", "today"}
        expect_exact_tallies(bench)


def test_what_comes_late_for_somebody_who_was_erased_leaves_nothing(bench):
    late = bench.event(ADA, "page")
    bench.begin_again()

    assert bench.deliver([late]).failed == 0

    assert bench.everything() == {}
    assert bench.bus.published == []
