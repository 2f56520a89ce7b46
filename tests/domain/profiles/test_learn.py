"""Events say things about their person: traits by identify, consent by any event."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events.model import Event
from shared.domain.profiles.learn import learn, supersedes
from shared.domain.profiles.model import Consent

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def saying(preferences):
    return {"consent": {"categoryPreferences": preferences}}


def test_the_last_identify_gives_the_trait(make_event):
    early = make_event(type="identify", at=NOON, traits={"city": "上海", "age": 30})
    late = make_event(type="identify", at=NOON + timedelta(hours=1), traits={"city": "北京"})
    learned = learn([late, early])
    assert {name: trait.value for name, trait in learned.traits.items()} == {
        "city": "北京",
        "age": 30,
    }
    assert learned.evidence == {0, 1}


@pytest.mark.parametrize("kind", ["track", "page", "screen", "group", "alias"])
def test_only_identify_gives_traits(make_event, kind):
    assert learn([make_event(type=kind, traits={"name": "Acme"})]).traits == {}


def test_consent_comes_with_any_event_for_the_purposes_that_exist(make_event):
    event = make_event(context=saying({"marketing": False, "service": True, "ads": True}))
    assert learn([event]).consents == {
        "marketing": Consent("marketing", False, NOON, event.message_id),
        "service": Consent("service", True, NOON, event.message_id),
    }


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"consent": None},
        {"consent": []},
        {"consent": {"categoryPreferences": ["marketing"]}},
        saying({"marketing": "yes"}),
        saying({"marketing": None}),
        saying({"marketing": 1}),
    ],
)
def test_what_is_no_clear_consent_says_nothing(make_event, context):
    learned = learn([make_event(context=context)])
    assert (learned.consents, learned.evidence) == ({}, frozenset())


def test_of_two_claims_at_one_instant_the_refusal_holds():
    yes = Consent("marketing", True, NOON, "m-1")
    no = Consent("marketing", False, NOON + timedelta(microseconds=-900), "m-2")
    no_at_once = Consent("marketing", False, NOON + timedelta(microseconds=900), "m-2")
    assert supersedes(no_at_once, yes)
    assert not supersedes(yes, no_at_once)
    assert not supersedes(no, yes)


said = st.builds(
    lambda seconds, granted, number: Event(
        workspace_id="default",
        source_id="web",
        message_id=f"m-{number}",
        type="identify",
        name="$identify",
        occurred_at=NOON + timedelta(seconds=seconds),
        received_at=NOON,
        traits={"vip": granted},
        context=saying({"marketing": granted}),
    ),
    st.integers(0, 3),
    st.booleans(),
    st.integers(0, 99),
)


@given(st.lists(said, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_change_what_is_learnt(events, random):
    shuffled = list(events)
    random.shuffle(shuffled)
    one, other = learn(events), learn(shuffled)
    assert one.traits == other.traits
    assert one.consents["marketing"].granted == other.consents["marketing"].granted
    assert one.consents["marketing"].at == other.consents["marketing"].at
