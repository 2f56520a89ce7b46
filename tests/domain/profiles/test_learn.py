"""Events say things about their person: traits by identify, consent by any event."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.consents.model import Scope
from shared.domain.events.model import Event
from shared.domain.profiles.learn import learn

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


def test_every_decision_is_learnt_and_of_stamps_the_last_of_each_kind(make_event):
    def decides(granted):
        return {"consent": {"decisions": [{"purpose": "service", "granted": granted}]}}

    events = [
        make_event(at=NOON, context=saying({"marketing": True, "ads": True})),
        make_event(at=NOON + timedelta(hours=2), context=saying({"marketing": True})),
        make_event(at=NOON + timedelta(hours=1), context=saying({"marketing": False})),
        make_event(at=NOON, context=decides(True)),
        make_event(at=NOON + timedelta(hours=1), context=decides(True)),
    ]
    learned = learn(events)
    assert learned.evidence == {1, 2, 3, 4}
    assert {(one.scope, one.granted, one.source) for one in learned.decisions} == {
        (Scope("marketing"), True, events[1].message_id),
        (Scope("marketing"), False, events[2].message_id),
        (Scope("service"), True, events[3].message_id),
        (Scope("service"), True, events[4].message_id),
    }


def test_the_words_of_a_workspace_stop_messages(make_event):
    reply = make_event("Message Replied", properties={"channel": "sms", "text": "basta"})
    assert learn([reply]).decisions == ()
    [stop] = learn([reply], ["Basta"]).decisions
    assert (stop.scope, stop.granted) == (Scope("marketing", channel="sms"), False)


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
    assert (learned.decisions, learned.evidence) == ((), frozenset())


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
    assert {(it.granted, it.moment) for it in one.decisions} == {
        (it.granted, it.moment) for it in other.decisions
    }
