"""What the verifier says of a journey, and what it must not say."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.stimulus import Facts
from shared.domain.journeys.validate import validate
from shared.domain.journeys.verify.surroundings import Consent, Seen, Surroundings
from shared.domain.journeys.verify.verify import errors_in, verify
from shared.domain.journeys.verify.words import WORDS
from shared.domain.journeys.walk import walk
from shared.domain.messages.budget import Cap
from shared.domain.messages.lint_words import WORDS as LINT_WORDS
from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.needs import needs_of
from shared.domain.messages.render import render
from shared.domain.profiles.model import View
from shared.domain.segments.condition import Segment
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.expand import Definitions
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError
from tests.domain.journeys.memory import NOON, journey
from tests.domain.journeys.strategies import CART, journeys

SEGMENT = TypeAdapter(Segment)
WAIT = {"type": "wait", "name": "a while", "duration": "P3D"}
SEND = {"type": "send", "name": "remind", "template_id": "plain"}
LEAVE = '<a href="{{ links.unsubscribe }}">Leave</a>'
PLAIN = {
    "channel": "email",
    "template_id": "plain",
    "subject": "Hello",
    "html": f"<p>Hello</p>{LEAVE}",
}
SETTINGS = WorkspaceSettings(email_from="shop@example.com")


def trait(operator="exists", value=None, name="city"):
    more = {} if value is None else {"value": value}
    return {"type": "trait", "trait": name, "operator": operator, **more}


def branch(*conditions, otherwise="end", name="fork"):
    arms = [{"when": condition, "next": "remind"} for condition in conditions]
    return {"type": "branch", "name": name, "arms": arms, "otherwise": otherwise}


def around(*templates, segments=(), journeys=(), settings=SETTINGS, **more):
    known = [SEGMENT.validate_python({"title": "x", **one}) for one in segments]
    return Surroundings(
        definitions=Definitions(
            {one.segment_id: one.condition for one in known},
            {},
            templates={PLAIN["template_id"], *(one["template_id"] for one in templates)},
            settings=settings,
        ),
        templates={
            one["template_id"]: TEMPLATE.validate_python(one) for one in (PLAIN, *templates)
        },
        journeys={one.journey_id: one for one in journeys},
        now=NOON,
        **more,
    )


def warnings(definition, surroundings=None):
    found = verify(definition, (), surroundings or around())
    return [(one.code, one.path) for one in found]


def test_a_plain_journey_gives_no_reason_to_warn():
    assert warnings(journey(WAIT, SEND)) == []


# --- what is found ----------------------------------------------------------------------------

BOUGHT = {"type": "event", "event": "paid"}
MARK = {"type": "update", "name": "mark", "traits": {"city": "a"}, "lists": {"vip": True}}
FOUND = {
    "update_not_seen_yet": (journey(MARK, branch(trait()), SEND), "steps[1].arms[0].when"),
    "does_nothing": (journey({"type": "exit", "name": "out"}), "steps"),
    "wait_before_end": (journey(SEND, WAIT), "steps[1]"),
    "fork_decides_nothing": (journey(branch(trait(), otherwise="remind"), SEND), "steps[0]"),
    "arm_contradicts_itself": (
        journey(
            branch({"type": "all", "conditions": [trait("equals", "a"), trait("equals", "b")]}),
            SEND,
        ),
        "steps[0].arms[0].when",
    ),
    "arm_hidden": (journey(branch(trait(), trait("equals", "a")), SEND), "steps[0].arms[1].when"),
    "arm_contradicts_what_is_known": (
        journey(
            branch({"type": "event", "event": "cart", "comparison": "at_most", "times": 0}), SEND
        ),
        "steps[0].arms[0].when",
    ),
    "otherwise_never": (
        journey(branch(trait(), trait("not_exists")), SEND),
        "steps[0].otherwise",
    ),
    "step_never_reached": (
        journey(branch(trait(), trait("not_exists"), otherwise="more"), {**SEND, "next": "end"},
                {"type": "send", "name": "more", "template_id": "other"}),
        "steps[2]",
    ),
    "acts_after_goal": (
        journey(WAIT, SEND, goal={"event": "paid", "within": "P2D"}),
        "steps[1]",
    ),
    "wait_outlasts_goal": (
        journey(SEND, WAIT, goal={"event": "paid", "within": "P2D"}),
        "steps[1]",
    ),
    "wait_outlasts_pause": (
        journey(WAIT, SEND, reentry={"policy": "after", "after": "P1D"}),
        "steps[0]",
    ),
    "date_past": (
        journey({"type": "wait", "name": "x", "until": {"at": "2020-01-01T00:00:00Z"}}, SEND),
        "steps[0].until",
    ),
    "schedule_once": (
        journey(SEND, entry={"type": "schedule", "segment_id": "vip", "cron": "0 9 * * 1"}),
        "reentry",
    ),
    "exit_is_entry": (journey(SEND, exit_on=[{"event": "cart"}]), "exit_on[0]"),
    "exit_hides_event": (
        journey(
            {"type": "wait_for", "name": "w", "timeout": "P1D",
             "events": [{"event": "left"}, {"event": "paid", "where": {"a": 1}}]},
            SEND, exit_on=[{"event": "paid"}],
        ),
        "steps[0].events[1]",
    ),
    "same_template_again": (
        journey(SEND, {**SEND, "name": "again"}),
        "steps[1].template_id",
    ),
    "lopsided_experiment": (
        journey(
            {"type": "experiment", "name": "e", "variants": [
                {"name": "a", "weight": 1_000, "next": "remind"},
                {"name": "b", "next": "end"}]},
            SEND,
        ),
        "steps[0].variants[0].weight",
    ),
    "holdout_of_all": (journey(SEND, holdout=1), "holdout"),
    "holdout_of_needed_messages": (
        journey(SEND, holdout=0.1, purpose="transactional"),
        "holdout",
    ),
    "no_address": (
        journey(branch(trait("not_exists", name="email")), SEND),
        "steps[1].template_id",
    ),
    "quiet_all_day": (journey(SEND, quiet_hours=["08:00-20:00", "20:00-08:00"]), "quiet_hours"),
    "expires_while_quiet": (
        journey(
            {"type": "wait", "name": "w", "until": {"time": "23:00"}},
            SEND, quiet_hours=["22:00-08:00"], expires_after="PT8H",
        ),
        "steps[1]",
    ),
    "may_expire_while_quiet": (
        journey(SEND, quiet_hours=["22:00-03:00", "03:00-08:00"], expires_after="PT10H"),
        "steps[0]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", FOUND)
def test_it_is_found_at_its_place(code):
    definition, path = FOUND[code]
    assert (code, path) in warnings(definition)


def test_every_finding_has_words_in_both_languages_and_says_what_to_do():
    for definition, _ in FOUND.values():
        for one in verify(definition, (), around()):
            for text in (one.message, one.hint):
                assert text.en
                assert text.zh
                assert "{" not in text.en.replace("{{", "").replace("{policy", "")
            assert one.message.en != one.message.zh


def test_what_is_tested_here_are_all_codes():
    elsewhere = {
        "no_sender", "trait_without_default", "template_broken", "topic_unknown",
        "value_not_handed", "no_provider",
        "question_not_asked", "answer_not_offered",
        "consent_never_recorded", "event_never_seen", "feeds_itself", "not_by_call",
        "not_published",
        "reentry_key_changed", "cap_outlasts_message",
    }  # fmt: skip
    assert FOUND.keys() | elsewhere == WORDS.keys()
    assert not FOUND.keys() & elsewhere


def test_a_cap_that_the_journey_itself_has_filled_is_found():
    again = {**SEND, "name": "again", "template_id": "other"}
    other = {**PLAIN, "template_id": "other"}

    def found(definition, **cap):
        settings = SETTINGS.model_copy(
            update={"contact_budget": (Cap.model_validate({"most": 1, "within": "P7D", **cap}),)}
        )
        return [
            path
            for code, path in warnings(definition, around(other, settings=settings))
            if code == "cap_outlasts_message"
        ]

    assert found(journey(SEND, WAIT, again)) == ["steps[2]"]
    assert found(journey(SEND, WAIT, again), most=2) == []
    assert found(journey(SEND, WAIT, again), channel="sms") == []
    assert found(journey(SEND, WAIT, again), within="P6D") == ["steps[2]"]
    assert found(journey(SEND, WAIT, again), within="P5DT23H") == []
    assert found(journey(SEND, WAIT, again, expires_after="P5D")) == []
    assert found(journey(SEND, WAIT, again, purpose="transactional")) == []


def test_quiet_hours_of_the_workspace_are_those_of_marketing():
    settings = SETTINGS.model_copy(update={"quiet_hours": ("00:00-24:00",)})
    for more, told in (
        ({}, True),
        ({"purpose": "service"}, False),
        ({"quiet_hours": "ignore"}, False),
    ):
        found = warnings(journey(SEND, **more), around(settings=settings))
        assert (("quiet_all_day", "quiet_hours") in found) == told


def test_a_journey_that_a_step_starts_is_entered_by_call():
    start = {"type": "start_journey", "name": "start", "journey_id": "other"}
    for entry, told in (({"type": "call"}, []), ({"type": "event", "event": "cart"}, ["other"])):
        other = journey(SEND, journey_id="other", entry=entry)
        found = verify(journey(SEND, start), (), around(journeys=[other]))
        assert [one.code for one in found] == ["not_by_call" for _ in told]
        assert all("other" in one.message.zh for one in found)


@pytest.mark.parametrize(
    ("between", "looks", "path"),
    [
        ([], trait(name="phone"), None),
        ([WAIT], trait(), None),
        ([], {"type": "list", "list_id": "vip"}, "steps[1].arms[0].when"),
        ([], {"type": "list", "list_id": "other"}, None),
        ([], {"type": "segment", "segment_id": "in-a"}, "steps[1].arms[0].when"),
        ([{**SEND, "name": "first"}], trait(), "steps[2].arms[0].when"),
    ],
)
def test_an_update_is_seen_only_after_some_time(between, looks, path):
    segment = {"segment_id": "in-a", "condition": trait("equals", "a")}
    definition = journey(MARK, *between, branch(looks), SEND)
    found = warnings(definition, around(segments=[segment]))
    assert [where for code, where in found if code == "update_not_seen_yet"] == (
        [path] if path else []
    )


def test_a_wait_until_a_date_does_not_see_the_update_just_before_it():
    def until(name):
        wait = {"type": "wait", "name": "day", "until": {"trait": name, "time": "09:00"}}
        return [where for code, where in warnings(journey(MARK, wait, SEND))
                if code == "update_not_seen_yet"]  # fmt: skip

    assert until("city") == ["steps[1].until"]
    assert until("birthday") == []


def test_another_key_of_entries_lets_those_inside_in_again():
    def keyed(key):
        return journey(SEND, reentry={"policy": "never", **({"key": key} if key else {})})

    for before, after in ((None, "cart_id"), ("cart_id", None), ("cart_id", "order_id")):
        found = warnings(keyed(after), around(journeys=[keyed(before)]))
        assert found == [("reentry_key_changed", "reentry.key")]
    assert warnings(keyed("cart_id"), around(journeys=[keyed("cart_id")])) == []
    assert warnings(keyed("cart_id")) == []  # nothing is published yet


# --- what must not be found -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "definition"),
    [
        ("wait_before_end", journey(SEND, WAIT, goal={"event": "paid", "within": "P9D"})),
        ("wait_before_end", journey(SEND, WAIT, {"type": "exit", "name": "out"})),
        ("arm_hidden", journey(branch(trait("equals", "a"), trait()), SEND)),
        ("exit_is_entry", journey(SEND, exit_on=[{"event": "cart", "where": {"paid": True}}])),
        (
            "exit_hides_event",
            journey(
                {"type": "wait_for", "name": "w", "timeout": "P1D", "events": [{"event": "paid"}]},
                SEND,
                exit_on=[{"event": "paid", "where": {"all": True}}],
            ),
        ),
        ("same_template_again", journey(SEND, WAIT, {**SEND, "name": "again"})),
        ("acts_after_goal", journey(WAIT, SEND, goal={"event": "paid", "within": "P3D"})),
        ("otherwise_never", journey(branch(trait(), trait("not_exists"), otherwise=None), SEND)),
    ],
)
def test_it_is_not_found_where_it_is_not(code, definition):
    assert code not in {found for found, _ in warnings(definition)}


def test_the_opposite_of_the_entry_holds_only_until_somebody_has_waited():
    buyers = {"segment_id": "buyers", "condition": trait("equals", "yes", name="buyer")}
    others = {"type": "not", "condition": {"type": "segment", "segment_id": "buyers"}}
    entry = {"type": "segment", "segment_id": "buyers"}
    code = "arm_contradicts_what_is_known"
    known = around(segments=[buyers])
    at_once = journey(branch(others), SEND, entry=entry)
    later = journey(WAIT, branch(others), SEND, entry=entry)
    put_out = journey(WAIT, branch(others), SEND, entry=entry,
                      exit_on=[{"segment_id": "buyers", "edge": "exited"}])  # fmt: skip
    assert (code, "steps[0].arms[0].when") in warnings(at_once, known)
    assert code not in {each for each, _ in warnings(later, known)}
    assert (code, "steps[1].arms[0].when") in warnings(put_out, known)


# --- nothing that is said is wrong ------------------------------------------------------------

CITIES = ["a", "b", "c"]
LEAVES = st.one_of(
    st.sampled_from(CITIES).map(lambda city: trait("equals", city)),
    st.lists(st.sampled_from(CITIES), min_size=1, max_size=2).map(
        lambda cities: trait("one_of", cities)
    ),
    st.just(trait()),
    st.just(trait(name="phone")),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        parts.map(lambda part: {"type": "not", "condition": part}),
        st.tuples(st.sampled_from(["all", "any"]), st.lists(parts, min_size=2, max_size=3)).map(
            lambda drawn: {"type": drawn[0], "conditions": drawn[1]}
        ),
    ),
    max_leaves=4,
)
PEOPLE = [
    {name: value for name, value in (("city", city), ("phone", phone)) if value is not None}
    for city in (None, *CITIES, "z")
    for phone in (None, "+1")
]


@st.composite
def mazes(draw):
    """Forks, waits and messages, each way leading anywhere below."""
    length = draw(st.integers(2, 7))
    steps = []
    for place in range(length):
        below = [f"step {number}" for number in range(place + 1, length)] + ["end"]
        name, to = f"step {place}", st.sampled_from(below)
        if draw(st.integers(0, 3)):
            arms = [
                {"when": condition, "next": draw(to)}
                for condition in draw(st.lists(CONDITIONS, min_size=1, max_size=3))
            ]
            step = {"type": "branch", "arms": arms, "otherwise": draw(to)}
        elif draw(st.booleans()):
            step = {"type": "wait", "duration": "P1D", "next": draw(to)}
        else:
            step = {"type": "send", "template_id": "plain", "next": draw(to)}
        steps.append({**step, "name": name})
    return journey(*steps)


@given(mazes())
def test_nobody_goes_a_way_that_is_said_to_be_never_taken(definition):
    """Everybody there can be is sent through the maze, and proves wrong what is wrong."""
    said = set(warnings(definition))
    paths = {path for code, path in said if code.startswith(("arm_", "otherwise_never"))}
    unreached = {path for code, path in said if code == "step_never_reached"}
    for person in PEOPLE:
        facts = Facts(View(person, {}), ZoneInfo("UTC"))
        for made in walk(definition, begin(definition), [], lambda step, at, facts=facts: facts):
            entry = made.enrolment.trace[-1]
            place = definition.place(entry.step)
            assert f"steps[{place}]" not in unreached
            step = definition.step(entry.step)
            if isinstance(step, BranchStep):
                taken = first_arm(step, facts)
                way = "otherwise" if taken is None else f"arms[{taken}].when"
                assert f"steps[{place}].{way}" not in paths


@given(st.lists(CONDITIONS, min_size=1, max_size=3))
def test_every_arm_that_nobody_takes_is_found(conditions):
    definition = journey(branch(*conditions), SEND)
    step = definition.steps[0]
    taken = {first_arm(step, Facts(View(one, {}), ZoneInfo("UTC"))) for one in PEOPLE}
    said = {path for code, path in warnings(definition) if code.startswith("arm_")}
    never = {n for n in range(len(conditions)) if n not in taken}
    assert said == {f"steps[0].arms[{place}].when" for place in never}


def first_arm(step, facts):
    """The arm that is taken, by the evaluator; None for the way that is left."""
    return next(
        (
            place
            for place, arm in enumerate(step.arms)
            if evaluate(arm.when, facts.view, NOON, facts.zone).matches
        ),
        None,
    )


def begin(definition):
    return enrol(
        definition, 1, CART, workspace_id="default", profile_id="ada", enrolment_id="e"
    ).enrolment


@given(journeys())
def test_every_journey_can_be_looked_at(definition):
    for one in verify(definition, (), around()):
        assert one.severity == "warning"
        assert one.code in {*WORDS, *LINT_WORDS}


@given(st.data(), journeys())
def test_whatever_is_wrong_with_a_journey_it_can_be_looked_at(data, definition):
    """Ways lead anywhere: up the list, to themselves, past steps that nobody comes to any more."""
    plain = definition.model_dump(mode="json", exclude_none=True)
    names = st.sampled_from([*(step["name"] for step in plain["steps"]), "end", "nowhere"])
    for step in plain["steps"]:
        for field in ("next", "on_event", "on_timeout", "otherwise", "to"):
            if field in step and data.draw(st.booleans()):
                step[field] = data.draw(names)
    broken = Journey.model_validate(plain)
    found = verify(broken, problems(broken, around()), around())
    assert [one.severity for one in found] == sorted(one.severity for one in found)
    assert bool(errors_in(found)) == bool(problems(broken, around()))


@pytest.mark.parametrize(
    ("values", "codes"),
    [({}, ["value_not_handed"]), ({"total": {"entry": "value"}}, []), ({"total": 5}, [])],
)
def test_what_a_template_shows_of_its_run_is_handed_to_it_or_blocks_publishing(values, codes):
    template = mail("<p>{{ entry.total }}{{ coupon.code | default: '' }}</p>")
    found = verify(journey({**SEND, "template_id": "mail", "values": values}), (), around(template))
    assert [(one.severity, one.code) for one in found] == [("error", code) for code in codes]


def test_what_there_is_to_say_of_a_template_is_said_with_its_name():
    template = {**PLAIN, "template_id": "mail", "html": "<img src='https://a.example/b.png'>"}
    found = verify(journey({**SEND, "template_id": "mail"}), (), around(template))
    assert {one.code for one in found} == {"image_without_alt", "no_unsubscribe", "no_text_part"}
    assert all('the template "mail"' in one.message.en for one in found)


# --- templates, senders and topics ------------------------------------------------------------


def mail(html, **more):
    return {**PLAIN, "template_id": "mail", "html": f"{html}{LEAVE}", **more}


@pytest.mark.parametrize(
    ("html", "needed"),
    [
        ("Dear {{ profile.name }}", ["name"]),
        ('Dear {{ profile.name | default: "friend" }}', []),
        ("{% if profile.name %}Dear {{ profile.name }}{% endif %}", []),
        ("{% if profile.name %}Dear {{ profile.name }} of {{ profile.city }}{% endif %}", ["city"]),
        ("{{ profile.address.street }} {{ profile.name }}", ["address", "name"]),
        ("{% for one in profile.carts %}{{ one }}{% endfor %}", ["carts"]),
        ("to {{ profile.email }}", []),
        ("{{ workspace.workspace_id }} {{ journey.step }} {{ today }}", []),
    ],
)
def test_a_trait_that_a_template_shows_without_a_default_is_named(html, needed):
    template = mail(f"<p>{html}</p>")
    found = verify(journey({**SEND, "template_id": "mail"}), (), around(template))
    assert [one.code for one in found] == ["trait_without_default"] * len(needed)
    assert [one.message.en.split("profile.")[1].split(":")[0] for one in found] == needed


@pytest.mark.parametrize(("value", "missed"), [({"name": "A"}, False), ({}, True)])
def test_a_trait_is_called_needed_only_if_the_message_fails_without_it(value, missed):
    template = TEMPLATE.validate_python({**PLAIN, "html": "<p>{{ profile.name }}</p>"})
    assert needs_of(template).traits == ("name",)
    failed = False
    try:
        render(template, {"profile": value}, NOON)
    except InvalidInputError:
        failed = True
    assert failed == missed


def test_who_has_been_asked_for_a_trait_has_it():
    template = mail("<p>{{ profile.name }}</p>")
    send = {**SEND, "template_id": "mail"}
    fork = branch(trait(name="name"))
    fork["arms"][0]["next"] = "a while"
    asked = journey(fork, WAIT, send)
    assert warnings(asked, around(template)) == []
    not_all = journey({**fork, "otherwise": "a while"}, WAIT, send)
    code = "trait_without_default"
    assert (code, "steps[2].template_id") in warnings(not_all, around(template))


def test_a_template_that_could_not_be_stored_is_called_broken():
    found = warnings(
        journey({**SEND, "template_id": "mail"}), around(mail("<p>{{ nobody.knows }}</p>"))
    )
    assert found == [("template_broken", "steps[0].template_id")]


def test_without_a_sender_no_email_goes_out():
    nobody = around(settings=WorkspaceSettings())
    assert warnings(journey(SEND), nobody) == [("no_sender", "steps[0].template_id")]
    sms = {"channel": "sms", "template_id": "text", "text": "Hello, reply STOP"}
    text = journey({**SEND, "template_id": "text"})
    assert warnings(text, around(sms, settings=WorkspaceSettings())) == []


@pytest.mark.parametrize(
    ("ask", "found"),
    [
        (None, [("question_not_asked", "steps[0].template_id")]),
        ({"question": "else", "form": "rating"}, [("question_not_asked", "steps[0].template_id")]),
        (
            {"question": "how", "form": "rating"},
            [("answer_not_offered", "steps[0].answers[1].answer")],
        ),
        ({"question": "how", "answers": [{"answer": "5"}, {"answer": "bad"}]}, []),
        ({"question": "how", "form": "text"}, []),
    ],
)
def test_a_popup_asks_what_its_step_waits_for(ask, found):
    popup = {"channel": "web", "template_id": "popup", "headline": "How was it?", "ask": ask}
    step = {
        "type": "feedback",
        "name": "how",
        "template_id": "popup",
        "answers": [{"answer": "5"}, {"answer": "bad"}],
        "timeout": "P1D",
    }
    assert warnings(journey(step), around(popup)) == found


def test_templates_to_fall_back_on_are_looked_at_like_the_first():
    sms = {"channel": "sms", "template_id": "text", "text": "Hello {{ profile.name }}, reply STOP"}
    send = {**SEND, "template_id": "text", "fallback": ["mail"]}
    known = around(sms, mail("<p>{{ nobody.knows }}</p>"), settings=WorkspaceSettings())
    assert warnings(journey(send), known) == [
        ("trait_without_default", "steps[0].template_id"),
        ("template_broken", "steps[0].fallback[0]"),
        ("no_sender", "steps[0].fallback[0]"),
    ]
    nowhere = journey(branch(trait("not_exists", name="email")), send)
    assert ("no_address", "steps[1].fallback[0]") in warnings(nowhere, known)


def test_a_topic_beside_those_of_the_templates_may_be_a_slip():
    news = mail("<p>News</p>", topic="news")
    send = {**SEND, "template_id": "mail"}
    assert warnings(journey(send, topic="newz"), around(news)) == [("topic_unknown", "topic")]
    assert warnings(journey(send, topic="news"), around(news)) == []


# --- what has been seen -----------------------------------------------------------------------

LAKE = Seen(frozenset({"cart", "paid"}), frozenset({Consent("marketing", "news")}))


def test_an_event_that_never_came_is_named_with_those_like_it():
    definition = journey(SEND, exit_on=[{"event": "payed"}], topic="news")
    (found,) = verify(definition, (), around(seen=LAKE))
    assert (found.code, found.path) == ("event_never_seen", "exit_on[0].event")
    assert "paid" in found.hint.en


def test_a_consent_that_nobody_gave_is_named():
    assert warnings(journey(SEND), around(seen=LAKE)) == [("consent_never_recorded", "purpose")]
    assert warnings(journey(SEND, topic="news"), around(seen=LAKE)) == []
    assert warnings(journey(SEND, purpose="service"), around(seen=LAKE)) == []
    free = WorkspaceSettings(email_from="shop@example.com", consent_required=frozenset())
    assert warnings(journey(SEND), around(seen=LAKE, settings=free)) == []


# --- journeys that begin one another ----------------------------------------------------------


def named(name, *steps, **more):
    return journey(*steps, journey_id=name, **{"reentry": {"policy": "always"}, **more})


def wrote(journey_id=None):
    return {"type": "message", "outcome": "sent", "journey_id": journey_id}


def entered(segment_id):
    return {"type": "segment", "segment_id": segment_id}


SEGMENTS = [
    {"segment_id": "written-by-one", "condition": wrote("one")},
    {"segment_id": "written-by-two", "condition": wrote("two")},
    {"segment_id": "vips", "condition": trait("equals", "vip", name="level")},
]


def circle(definition, *others):
    found = verify(definition, (), around(segments=SEGMENTS, journeys=others))
    return [one.message.en.split(": ")[1] for one in found if one.code == "feeds_itself"]


def test_two_journeys_that_begin_one_another_are_found_from_both_sides():
    one = named("one", SEND, entry=entered("written-by-two"))
    two = named("two", SEND, entry=entered("written-by-one"))
    assert circle(one, two) == ["one → two → one"]
    assert circle(two, one) == ["two → one → two"]


def test_a_journey_can_begin_itself():
    assert circle(named("one", SEND, entry=entered("written-by-one"))) == ["one → one"]


def test_a_circle_in_which_somebody_enters_once_comes_to_an_end():
    one = named("one", SEND, entry=entered("written-by-two"))
    two = named("two", SEND, entry=entered("written-by-one"), reentry={"policy": "never"})
    assert circle(one, two) == []
    assert circle(two, one) == []


def test_a_template_to_fall_back_on_can_begin_a_journey():
    sent = {"type": "message", "outcome": "sent", "template_id": "text"}
    by_text = {"segment_id": "by-text", "condition": sent}
    one = named("one", {**SEND, "fallback": ["text"]}, entry=entered("by-text"))
    sms = {"channel": "sms", "template_id": "text", "text": "Hello, reply STOP"}
    found = warnings(one, around(sms, segments=[by_text]))
    assert ("feeds_itself", "entry") in found
    alone = named("one", SEND, entry=entered("by-text"))
    assert ("feeds_itself", "entry") not in warnings(alone, around(sms, segments=[by_text]))


def test_another_journeys_messages_begin_nothing():
    one = named("one", SEND, entry=entered("written-by-two"))
    assert circle(one, named("three", SEND, entry=entered("written-by-one"))) == []


def test_a_trait_that_a_journey_writes_begins_others():
    raise_level = {"type": "update", "name": "raise", "traits": {"level": "vip"}}
    one = named("one", raise_level, SEND, entry=entered("written-by-two"))
    two = named("two", SEND, entry=entered("vips"))
    assert circle(one, two) == ["one → two → one"]


def test_a_journey_that_is_started_by_a_step_begins_by_it():
    start = {"type": "start_journey", "name": "on", "journey_id": "two"}
    one = named("one", start, entry=entered("written-by-two"))
    two = named("two", SEND, entry={"type": "call"})
    assert circle(one, two) == ["one → two → one"]


# --- errors -----------------------------------------------------------------------------------


def test_errors_come_first_and_keep_their_codes():
    definition = journey({**SEND, "template_id": "none"}, WAIT)
    found = verify(definition, problems(definition, around()), around())
    assert [(one.severity, one.code) for one in found] == [
        ("error", "unknown_template"),
        ("warning", "wait_before_end"),
    ]
    assert [one.code for one in errors_in(found)] == ["unknown_template"]


def test_of_a_journey_whose_ways_lead_nowhere_only_the_errors_are_told():
    definition = journey({**SEND, "next": "nowhere"}, WAIT)
    found = verify(definition, problems(definition, around()), around())
    assert {one.severity for one in found} == {"error"}


def test_what_may_be_in_another_file_is_only_warned_of():
    partial = replace(around(), partial=True)
    definition = journey({**SEND, "template_id": "none"})
    found = verify(definition, problems(definition, partial), partial)
    assert [(one.severity, one.code) for one in found] == [("warning", "unknown_template")]


def problems(definition, surroundings):
    return validate(definition, surroundings.definitions)


def test_a_channel_that_nobody_carries_out_is_warned_of_where_that_is_known():
    chat = {"template_id": "chat", "channel": "wechat", "form": "service", "text": "Hi"}
    sent = {"type": "send", "name": "chat", "template_id": "chat", "fallback": ["plain"]}
    for providers, codes in ((None, []), (frozenset({"sms"}), ["no_provider"]),
                             (frozenset({"wechat"}), [])):  # fmt: skip
        found = warnings(journey(sent), around(chat, providers=providers))
        assert [code for code, _ in found if code == "no_provider"] == codes
