"""What Rapport itself writes of a person names nobody, and never lies in the future."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.counters.revenue import revenue_of
from shared.domain.events.model import Event
from shared.domain.events.own import OWN_EVENTS, own_event
from shared.domain.identity.claims import claim_of
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.lake.rows import event_row
from shared.domain.profiles.touches import touch_of
from tests.domain.identity.generators import small_rules
from tests.domain.identity.making import NOON, claim, user
from tests.domain.identity.test_trial import trial_of
from tests.domain.identity.worlds import World

INSTANTS = st.integers(-(10**15), 10**15).map(lambda n: NOON + timedelta(microseconds=n))
MILLISECOND = timedelta(milliseconds=1)
TEXTS = st.dictionaries(st.text(max_size=20), st.text(max_size=20), max_size=4)


@st.composite
def own_events(draw: st.DrawFn) -> tuple[Event, datetime, datetime]:
    """An event of our own, the instant that it is about, and the one at which it is written."""
    at, now = draw(INSTANTS), draw(INSTANTS)
    name = draw(st.sampled_from(sorted(OWN_EVENTS)))
    made = own_event("shop", name, draw(st.text()), at=at, now=now, properties=draw(TEXTS))
    return made, at, now


@given(own_events())
def test_it_happens_when_it_is_said_to_but_never_after_it_is_written(
    made: tuple[Event, datetime, datetime],
):
    event, at, now = made
    assert event.occurred_at == event.timestamp
    assert event.occurred_at <= event.received_at <= now
    assert now - event.received_at < MILLISECOND
    assert abs(min(at, now) - event.occurred_at) < MILLISECOND


@given(own_events())
def test_it_is_the_same_after_it_was_written_and_read(made: tuple[Event, datetime, datetime]):
    event, *_ = made
    assert Event.from_json(event.to_json()) == event


@given(own_events())
def test_it_is_no_evidence_of_who_somebody_is(made: tuple[Event, datetime, datetime]):
    event, *_ = made
    rulebook = rulebook_of(small_rules())
    assert claim_of(event, rulebook, "server").identifiers == ()
    assert (
        not {"user_id", "anonymous_id", "traits", "context"}
        & event_row("a", event.to_json()).keys()
    )
    assert touch_of(event) is None
    assert revenue_of(event.properties) is None


@given(own_events())
def test_a_trial_of_other_rules_passes_it_over(made: tuple[Event, datetime, datetime]):
    event, *_ = made
    world = World(small_rules())
    world.take([claim(user("ann"))])
    trial, without = (trial_of(world, small_rules()) for _ in range(2))
    trial.hear(event)
    assert trial.report() == without.report()
