"""A backtest does what the code that runs in production does with the same facts."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.backtests.replay import replay
from shared.domain.backtests.setting import Period
from shared.domain.broadcasts.asked import call_of, enrolment_by
from shared.domain.broadcasts.beginning import scheduled
from shared.domain.journeys.definition import Journey, Reentry
from shared.domain.journeys.ids import enrolment_id
from shared.domain.messages.budget import Cap
from shared.domain.messages.model import EmailTemplate, SmsTemplate
from shared.domain.segments.condition import EventCondition, NotCondition
from shared.domain.segments.expand import Definitions
from tests.domain.backtests.people import PERIOD, SETTINGS, TEMPLATES, Live, event, lives, setting
from tests.domain.journeys.memory import NOON, journey
from tests.domain.journeys.strategies import journeys

REENTRIES = st.sampled_from(
    [
        Reentry(),
        Reentry(policy="always"),
        Reentry(policy="after", after=timedelta(days=2)),
        Reentry(key="cart_id"),
        Reentry(policy="always", key="cart_id"),
    ]
)
HOUR = timedelta(hours=1)


@st.composite
def entered_somehow(draw: st.DrawFn) -> Journey:
    entry = draw(
        st.sampled_from(
            [
                {"type": "event", "event": "cart"},
                {"type": "event", "event": "cart", "where": {"cart_id": 1}, "max_age": "PT3H"},
                {"type": "segment", "segment_id": "buyers"},
                {"type": "lifecycle", "stage": "dormant", "edge": "left"},
            ]
        )
    )
    whole = draw(journeys())
    known = {"entry": entry, "holdout": draw(st.sampled_from([0, 0, 0, 1]))}
    if entry["type"] == "event" or not whole.asked_of_entry:
        return Journey.model_validate(
            {**whole.model_dump(mode="json"), **known, "reentry": draw(REENTRIES)}
        )
    return whole.model_copy(update={"reentry": draw(REENTRIES)})


@settings(max_examples=400)
@given(entered_somehow(), lives())
def test_a_backtest_is_what_production_does_with_the_same_arrivals(definition, history):
    story = replay(setting(definition), "ada", history)
    live = Live(definition, history, PERIOD.last).run()
    known = {name: stored.enrolment for name, stored in live.enrolments.items()}
    assert {one.enrolment_id: one for one in story.enrolments} == known
    handed_over = live.queued.keys() & live.decided.keys()  # the others are actions
    assert {one.request.message_id for one in story.messages} == handed_over
    assert bool(story.actions) == bool(live.queued.keys() - handed_over)


@given(journeys(), lives(), st.randoms())
def test_order_doubles_and_the_time_after_change_nothing(definition, history, random):
    period = Period(NOON - HOUR, NOON + timedelta(days=3))
    told = replay(setting(definition, period), "ada", history)
    seen = [one for one in history if one.received_at < period.last]
    again = [*seen, *random.sample(seen, len(seen) // 2)]
    random.shuffle(again)
    assert replay(setting(definition, period), "ada", again) == told


WATCH = {
    "type": "wait_for",
    "name": "watch",
    "events": [{"event": "paid"}],
    "timeout": "P1D",
    "on_event": "end",
}
REMIND = {"type": "send", "name": "remind", "template_id": "welcome"}
WATCHED = journey(WATCH, REMIND, purpose="transactional", reentry={"policy": "always"})
KNOWN = event("$identify", NOON - 9 * HOUR, "known", traits={"email": "ada@example.com"})


def test_what_came_before_a_late_entry_ends_its_wait():
    late = event("cart", NOON, "cart", arrives=NOON + 3 * HOUR)
    [run] = replay(setting(WATCHED), "ada", [late, event("paid", NOON + HOUR, "paid")]).enrolments
    assert [one.decision for one in run.trace] == ["entered", "waiting", "happened"]
    assert run.clock_at == NOON + HOUR


def test_an_event_that_arrives_when_the_time_is_up_is_too_late():
    paid = event("paid", NOON + HOUR, "paid", arrives=NOON + 25 * HOUR)
    [run] = replay(setting(WATCHED), "ada", [event("cart", NOON, "cart"), paid]).enrolments
    assert [one.decision for one in run.trace][-2:] == ["timed_out", "requested"]


def test_who_stands_in_the_journey_when_the_period_ends_stays_there():
    period = Period(NOON - HOUR, NOON + 20 * HOUR)
    [run] = replay(setting(WATCHED, period), "ada", [event("cart", NOON, "cart")]).enrolments
    assert (run.status, run.at) == ("active", "watch")


def test_nothing_that_came_before_the_period_enters():
    history = [event("cart", PERIOD.first - HOUR, "cart"), event("paid", NOON, "paid")]
    assert not replay(setting(WATCHED), "ada", history).enrolments


def test_the_journeys_own_past_counts_before_the_period_and_not_in_it():
    once = journey(WATCH, REMIND)
    old = enrolment_id("default", "test", "ada", "old")
    run = {"journey_id": "test", "enrolment_id": old, "version": 1}
    cart = event("cart", NOON, "cart")
    entered = event("$journey_entered", PERIOD.first - HOUR, "entered:old", properties=run)
    ended = event("$journey_exited", NOON + 2 * HOUR, "exited:old", properties=run)
    story = replay(setting(once), "ada", [entered, cart])
    assert (story.enrolments, story.turned_away) == ((), {"not_again": 1})

    again = once.model_copy(update={"reentry": Reentry(policy="always")})
    later = event("cart", NOON + 3 * HOUR, "cart again")
    story = replay(setting(again), "ada", [entered, cart, ended, later])
    assert [one.entered_at for one in story.enrolments] == [NOON + 3 * HOUR]
    assert story.turned_away == {"not_again": 1}, "the first cart met the old run"

    in_period = event("$journey_entered", NOON, "entered:new", properties=run)
    assert len(replay(setting(once), "ada", [cart, in_period]).enrolments) == 1


def test_the_journeys_own_messages_are_heard_of_by_its_rules():
    sends = journey(
        REMIND,
        {"type": "wait", "name": "rest", "duration": "P9D"},
        purpose="transactional",
        exit_on=[{"event": "$message_sent", "where": {"step": "remind"}}],
    )
    cart = event("cart", NOON, "cart")
    [run] = replay(setting(sends), "ada", [KNOWN, cart]).enrolments
    assert run.reason == "$message_sent"
    [run] = replay(setting(sends), "ada", [cart]).enrolments
    assert run.at == "rest", "without an address nothing was sent"


def outcomes(definition, history, **more):
    story = replay(setting(definition, **more), "ada", history)
    return [(one.outcome, one.channel, one.parts) for one in story.messages]


def test_messages_are_decided_on_as_dispatch_decides():
    cart = event("cart", NOON, "cart")
    at_once = journey(REMIND, purpose="transactional")
    marketing = journey(REMIND)
    agreed = event(
        "$consent_changed", NOON + HOUR / 200, "consent", properties={"marketing": "granted"}
    )
    assert outcomes(at_once, [cart]) == [("no_address", "email", 0)]
    assert outcomes(at_once, [KNOWN, cart]) == [("sent", "email", 1)]
    assert outcomes(at_once, [KNOWN, cart], templates={}) == [("template_missing", None, 0)]
    assert outcomes(marketing, [KNOWN, cart]) == [("no_consent", "email", 0)]
    assert outcomes(marketing, [KNOWN, cart, agreed]) == [("sent", "email", 1)]


def test_an_exit_of_the_same_instant_lets_nothing_out():
    leaves = journey(
        REMIND,
        {"type": "wait", "name": "rest", "duration": "P9D"},
        purpose="transactional",
        exit_on=[{"event": "left"}],
    )
    history = [KNOWN, event("cart", NOON, "cart"), event("left", NOON, "left")]
    assert outcomes(leaves, history) == [("enrolment_ended", "email", 0)]


def test_text_messages_are_counted_by_their_rendered_segments():
    template = SmsTemplate(template_id="welcome", text="{{ profile.first_name }} 你好" * 10)
    known = event(
        "$identify", NOON - HOUR / 2, "k", traits={"phone": "+8613912345678", "first_name": "Ann"}
    )
    history = [known, event("cart", NOON, "cart")]
    told = journey(REMIND, purpose="transactional")
    assert outcomes(told, history, templates={"welcome": template}) == [("sent", "sms", 1)]
    history[0] = event(
        "$identify",
        NOON - HOUR / 2,
        "k",
        traits={"phone": "+8613912345678", "first_name": "Bartholomew"},
    )
    assert outcomes(told, history, templates={"welcome": template}) == [("sent", "sms", 3)]
    history[0] = event("$identify", NOON - HOUR / 2, "k", traits={"phone": "+8613912345678"})
    assert outcomes(told, history, templates={"welcome": template}) == [("render_failed", "sms", 0)]


def test_what_cannot_be_said_by_one_template_is_said_by_the_next():
    ladder = journey({**REMIND, "fallback": ["plain"]}, purpose="transactional")
    templates = {
        "welcome": EmailTemplate(template_id="welcome", subject="s", html="{{ profile.city }}"),
        "plain": SmsTemplate(template_id="plain", text="Hello"),
    }
    reach = {"email": "ada@example.com"}

    def ends(**traits):
        known = event("$identify", NOON - HOUR / 2, "k", traits={**reach, **traits})
        return outcomes(ladder, [known, event("cart", NOON, "cart")], templates=templates)

    assert ends(phone="+8613912345678", city="Wuhan") == [("sent", "email", 1)]
    assert ends(phone="+8613912345678") == [("sent", "sms", 1)]
    assert ends() == [("render_failed", "email", 0)]


def test_links_in_texts_are_counted_as_long_as_they_go_out():
    template = SmsTemplate(template_id="welcome", text="你好 {{ links.preferences }}")
    known = event("$identify", NOON - HOUR / 2, "k", traits={"phone": "+8613912345678"})
    history = [known, event("cart", NOON, "cart")]
    told = journey(REMIND, purpose="transactional")
    assert outcomes(told, history, templates={"welcome": template}) == [("sent", "sms", 3)]


def test_segments_turn_by_time_without_any_event():
    silent = Definitions(
        segments={
            "quiet": NotCondition(
                condition=EventCondition(event="browsed", times=1, within_days=3)
            ),
        },
        tags={},
    )
    definition = journey(REMIND, entry={"type": "segment", "segment_id": "quiet"})
    story = replay(
        setting(definition, definitions=silent), "ada", [event("browsed", NOON, "browsed")]
    )
    [run] = story.enrolments
    assert run.entered_at == NOON.replace(day=25, hour=0), "when the third day is over"


def test_the_next_template_is_tried_where_the_one_before_cannot_reach():
    text = SmsTemplate(template_id="text", text="Hi")
    ladder = journey({**REMIND, "fallback": ["text"]}, purpose="transactional")
    both = {**TEMPLATES, "text": text}
    cart = event("cart", NOON, "cart")
    phone = event("$identify", NOON - 9 * HOUR, "phone", traits={"phone": "+12125550123"})
    assert outcomes(ladder, [KNOWN, cart], templates=both) == [("sent", "email", 1)]
    assert outcomes(ladder, [phone, cart], templates=both) == [("sent", "sms", 1)]
    assert outcomes(ladder, [cart], templates=both) == [("no_address", "email", 0)]


NIGHTLY = {"type": "schedule", "segment_id": "buyers", "cron": "0 3 * * *"}
BUYS = event("$identify", NOON - HOUR / 2, "buys", traits={"buyer": True})


def asked_in(story):
    return [run.entered_at for run in story.enrolments]


def test_a_schedule_asks_in_whoever_is_in_the_segment_then():
    again = {"policy": "always"}
    nightly = setting(
        journey(REMIND, entry=NIGHTLY, reentry=again),
        Period(PERIOD.first, NOON + timedelta(days=3)),
    )
    gone = event("$identify", NOON + timedelta(days=2), "gone", traits={"buyer": False})
    nights = [NOON.replace(day=day, hour=3) for day in (23, 24, 25)]
    assert asked_in(replay(nightly, "ada", [BUYS])) == nights
    assert asked_in(replay(nightly, "ada", [BUYS, gone])) == nights[:2]
    assert asked_in(replay(nightly, "ada", [event("cart", NOON, "cart")])) == []


def test_people_are_asked_by_their_own_clock_and_under_the_ids_of_production():
    entry = {**NIGHTLY, "local_time": "09:00"}
    definition = journey(REMIND, entry=entry)
    goes_by = setting(definition, Period(PERIOD.first, NOON + timedelta(days=3)))
    far = event("$identify", NOON - HOUR / 2, "far", traits={"timezone": "America/New_York"})
    story = replay(goes_by, "ada", [BUYS, far])
    [run] = story.enrolments
    assert run.entered_at == NOON.replace(day=23, hour=14)
    tick = NOON.replace(day=23, hour=3)
    begun = scheduled(definition, tick - HOUR, tick, goes_by.zone)
    assert run.enrolment_id == enrolment_by("default", begun, "ada")
    real = call_of("default", begun, "all", "ada", run.entered_at, run.entered_at + HOUR / 60)
    assert replay(goes_by, "ada", [BUYS, far, real]) == story, "asked once, not twice"


AGREED = event("$consent_changed", NOON - HOUR, "yes", properties={"marketing": "granted"})


def put_off(definition, history, **settings):
    """(when and why messages were put off, when they went out or why they did not)."""
    around = setting(definition, settings=SETTINGS.model_copy(update=settings))
    story = replay(around, "ada", [KNOWN, AGREED, *history])
    return story.deferrals, [(one.at, one.outcome) for one in story.messages]


def test_messages_wait_for_the_morning_as_live():
    cart = event("cart", NOON, "cart")
    waits, ends = put_off(journey(REMIND), [cart], quiet_hours=("11:00-15:30",))
    assert waits == {(NOON, "email", "quiet_hours"): 1}
    assert ends == [(NOON + 3.5 * HOUR, "sent")]
    short = journey(REMIND, expires_after="PT2H")
    waits, ends = put_off(short, [cart], quiet_hours=("11:00-15:30",))
    assert ends == [(NOON + 2 * HOUR, "expired")]
    assert put_off(journey(REMIND, quiet_hours="ignore"), [cart], quiet_hours=("11:00-15:30",)) == (
        {},
        [(NOON, "sent")],
    )


def test_who_leaves_while_a_message_waits_gets_none():
    leaves = journey(
        REMIND,
        {"type": "wait", "name": "rest", "duration": "P9D"},
        exit_on=[{"event": "left"}],
    )
    history = [event("cart", NOON, "cart"), event("left", NOON + HOUR, "left")]
    _, ends = put_off(leaves, history, quiet_hours=("11:00-15:30",))
    assert ends == [(NOON + 3.5 * HOUR, "enrolment_ended")]


def test_what_other_journeys_sent_counts_against_the_budget():
    cart = event("cart", NOON, "cart")
    other = event(
        "$message_sent",
        NOON - 20 * HOUR,
        "sent:m",
        properties={"journey_id": "other", "message_id": "m", "channel": "email"},
    )
    caps = (Cap.model_validate({"most": 1, "within": "P1D"}),)
    assert put_off(journey(REMIND), [cart], contact_budget=caps) == ({}, [(NOON, "sent")])
    waits, ends = put_off(journey(REMIND), [cart, other], contact_budget=caps)
    assert waits == {(NOON, "email", "contact_budget"): 1}
    assert ends == [(NOON + 4 * HOUR, "sent")]


def test_what_waits_when_the_period_ends_is_told_with_what_it_waits_for():
    cart = event("cart", NOON, "cart")
    period = Period(NOON - HOUR, NOON + HOUR)
    around = setting(
        journey(REMIND),
        period,
        settings=SETTINGS.model_copy(update={"quiet_hours": ("11:00-15:30",)}),
    )
    story = replay(around, "ada", [KNOWN, AGREED, cart])
    assert [one.outcome for one in story.messages] == ["quiet_hours"]
