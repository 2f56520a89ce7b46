"""What is in force: the same in any order, the stricter at a merge, and exactly undone."""

from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.consents.in_force import allows, in_force, reduced, verdict, without_stamps
from shared.domain.consents.model import Decision, Join, Scope
from tests.domain.consents.chronicle import told

START = datetime(2026, 1, 1, tzinfo=UTC)
STRANDS = ("s1", "s2", "s3", "s4")
TOPICS, CHANNELS = ("", "sale", "news"), ("", "email", "sms")
QUERIES = [Scope("marketing", t, c) for t, c in product((*TOPICS, "x"), (*CHANNELS, "push"))]

moments = st.integers(0, 8).map(lambda n: START + timedelta(days=n))
scopes = st.builds(Scope, st.just("marketing"), st.sampled_from(TOPICS), st.sampled_from(CHANNELS))
evidence = st.sampled_from(("event", "stamp"))
decisions = st.builds(Decision, scopes, st.booleans(), moments, st.sampled_from("abc"), evidence)
ledgers = st.dictionaries(st.sampled_from(STRANDS), st.lists(decisions, max_size=6))
joins = st.lists(
    st.builds(Join, st.sampled_from(STRANDS), st.sampled_from(STRANDS), moments), max_size=6
)


def says(known, query):
    found = verdict(known, *query)
    return found and found.granted


def day(number):
    return START + timedelta(days=number)


def grant(number, topic="", channel=""):
    return Decision(Scope("marketing", topic, channel), True, day(number), f"g{number}")


def refusal(number, topic="", channel=""):
    return Decision(Scope("marketing", topic, channel), False, day(number), f"r{number}")


def stamp(number, granted):
    return Decision(Scope("marketing"), granted, day(number), f"s{number}", "stamp")


def state(ledgers, joins=()):
    known = in_force(ledgers, joins)
    return lambda topic="", channel="": says(known, Scope("marketing", topic, channel))


@given(ledgers, joins)
def test_it_is_what_the_story_told_instant_by_instant_comes_to(found, links):
    links = [*links, *(Join("s1", s, day(9)) for s in STRANDS)]  # all are one person in the end
    known = in_force(found, links)
    person = told(found, links, "s1")
    for query in QUERIES:
        assert says(known, query) == person.says(query), query


@given(ledgers, joins, st.randoms(use_true_random=False))
def test_any_order_of_decisions_and_merges_gives_the_same(found, links, random):
    shuffled = {name: random.sample(found[name], len(found[name])) for name in reversed(found)}
    turned = [Join(j.right, j.left, j.at) if random.random() < 0.5 else j for j in links]
    random.shuffle(turned)
    twice = {name: [*lines, *lines[:2]] for name, lines in shuffled.items()}
    assert in_force(twice, [*turned, *turned[:1]]) == in_force(found, links)


@given(ledgers, joins)
def test_what_a_ledger_is_reduced_to_decides_the_same(found, links):
    assert in_force(reduced(found), links) == in_force(found, links)
    assert reduced(reduced(found)) == reduced(found)


@given(
    st.lists(decisions, max_size=6),
    st.lists(decisions, max_size=6),
)
def test_at_the_instant_of_a_merge_the_stricter_of_two_states_holds(ones, others):
    one, other = in_force({"s1": ones}, ()), in_force({"s2": others}, ())
    merged = in_force({"s1": ones, "s2": others}, [Join("s1", "s2", day(9))])
    for query in QUERIES:
        both = {says(one, query), says(other, query)}
        assert says(merged, query) == (False if False in both else True if True in both else None)


@given(ledgers, joins)
def test_merged_and_parted_again_everybody_has_what_they_had(found, links):
    alone = {name: in_force({name: lines}, ()) for name, lines in found.items()}
    in_force(found, links)  # what a merge came to leaves nothing behind in the ledgers
    assert {name: in_force({name: lines}, ()) for name, lines in found.items()} == alone


@given(ledgers, joins, st.sampled_from(STRANDS))
def test_a_refusal_of_the_purpose_now_stops_everything(found, links, strand):
    lines = {**found, strand: [*found.get(strand, []), refusal(10)]}
    links = [*links, *(Join(strand, s, day(9)) for s in STRANDS)]
    known = in_force(lines, links)
    assert not any(allows(known, *query) for query in QUERIES)


@given(ledgers, joins)
def test_whatever_is_stamped_nothing_is_allowed_that_somebody_refused(found, links):
    said, known = in_force(without_stamps(found), links), in_force(found, links)
    for query in QUERIES:
        assert says(said, query) is not False or says(known, query) is False, query


def test_the_later_of_two_decisions_holds_and_of_one_instant_the_refusal():
    assert state({"s1": [grant(1), refusal(2)]})() is False
    assert state({"s1": [refusal(1), grant(2)]})() is True
    assert state({"s1": [refusal(1), grant(1)]})() is False
    assert state({"s1": []})() is None


def test_a_refusal_covers_its_topics_and_channels_until_a_narrower_grant_that_is_later():
    refused = [grant(1, "sale"), refusal(2)]
    assert state({"s1": refused})("sale", "email") is False
    lifted = state({"s1": [*refused, grant(3, "sale")]})
    assert lifted("sale", "email") is True
    assert lifted("news") is False
    assert lifted() is False


def test_a_grant_of_everything_does_not_lift_the_refusal_of_one_channel():
    known = state({"s1": [refusal(1, channel="sms"), grant(2)]})
    assert known(channel="email") is True
    assert known(channel="sms") is False
    assert known("sale", "sms") is False
    again = state({"s1": [refusal(1, channel="sms"), grant(2), grant(3, channel="sms")]})
    assert again("sale", "sms") is True


def test_of_a_topic_and_a_channel_neither_lifts_the_other():
    known = state({"s1": [refusal(1, channel="sms"), grant(2, "sale")]})
    assert known("sale", "sms") is False
    assert known("sale", "email") is True


def test_a_state_that_clients_stamp_takes_back_what_was_stamped_and_nobodys_word():
    """The cookie of before goes on being sent with every page after somebody has opted out."""
    stamped = [stamp(1, granted=True), stamp(2, granted=False), stamp(3, granted=True)]
    assert [state({"s1": stamped[:number]})() for number in (1, 2, 3)] == [True, False, True]
    refused = [stamp(1, granted=True), refusal(2), stamp(3, granted=True)]
    assert state({"s1": refused})() is False
    assert state({"s1": [*refused, stamp(4, granted=False), stamp(5, granted=True)]})() is False
    other = {"s2": [stamp(4, granted=True)]}
    assert state({"s1": refused, **other}, [Join("s1", "s2", day(3))])() is False
    assert state({"s1": [*refused, grant(4)]})() is True
    assert state({"s1": [stamp(1, granted=False), grant(2)]})() is True


def test_a_word_is_not_forgotten_for_a_later_stamp():
    """An event took the first refusal back; the state that came after it is about the second."""
    lines = [refusal(1), grant(2), stamp(3, granted=False), stamp(4, granted=True)]
    assert reduced({"s1": lines}) == {"s1": lines}
    assert state({"s1": lines})() is True


def test_a_grant_of_before_a_merge_lifts_nothing_of_the_other_person_and_one_after_it_does():
    found = {"s1": [refusal(1)], "s2": [grant(3)]}
    link = [Join("s1", "s2", day(5))]
    assert state(found, link)() is False
    assert state({**found, "s2": [grant(3), grant(6)]}, link)() is True
    same_event = {**found, "s2": [grant(3), grant(5)]}
    assert state(same_event, link)() is True  # somebody registers, and agrees while doing so
    assert state(found, [Join("s1", "s2", day(2))])() is True  # they were one person by then


def test_who_never_said_anything_takes_no_consent_away():
    assert state({"s1": [grant(1)]}, [Join("s1", "s2", day(5))])() is True


def test_purposes_have_nothing_to_do_with_each_other():
    off = Decision(Scope("personalisation"), False, day(2), "r")
    known = in_force({"s1": [grant(1), off]}, ())
    assert allows(known, "marketing")
    assert not allows(known, "personalisation")
    assert not allows(known, "service")


def test_the_table_of_the_document_is_true():
    """One person, decision after decision, as `docs/consent.md` tells it."""
    told = [
        (grant(1), (True, True, True, True)),
        (refusal(2, channel="sms"), (True, False, True, False)),
        (grant(3), (True, False, True, False)),
        (grant(4, channel="sms"), (True, True, True, True)),
        (refusal(5), (False, False, False, False)),
        (grant(6, "sale"), (False, False, True, True)),
    ]
    for number, (_, expected) in enumerate(told, 1):
        known = in_force({"s1": [decision for decision, _ in told[:number]]}, ())
        asked = [("", "email"), ("", "sms"), ("sale", "email"), ("sale", "sms")]
        assert tuple(allows(known, "marketing", *one) for one in asked) == expected
