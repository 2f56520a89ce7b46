"""All that the verifier says of a journey among others, and of what was seen; errors; ways."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.problem import Problem
from shared.domain.journeys.verify.arrivals import acts, earliest, holds_up, reached
from shared.domain.journeys.verify.finding import Finding, error_of, finding_state, warned
from shared.domain.journeys.verify.surroundings import Consent, Seen
from shared.domain.journeys.verify.verify import verify
from tests.domain.journeys.memory import journey
from tests.domain.journeys.small import (
    AGAIN,
    ASK,
    CALL,
    OTHER,
    OUT,
    TEXT,
    WATCH,
    branch,
    of,
    waits,
)
from tests.domain.journeys.test_verify import SEND, WAIT, around, trait

# --- journeys, updates, and what has been seen ------------------------------------------------


def named(name: str, *steps: dict[str, Any], **more: Any) -> Journey:
    return journey(*steps, journey_id=name, **{"reentry": {"policy": "always"}, **more})


EVENTS = {
    "entered": "$journey_entered",
    "completed": "$journey_completed",
    "exited": "$journey_exited",
    "goal": "$journey_goal",
    "sent": "$message_sent",
    "updated": "$updated",
    "rewarded": "$rewarded",
    "assigned": "$task_assigned",
    "tagged": "$tagged",
    "listed": "$listed",
    "called": "$webhook_called",
}
REWARD = {"type": "reward", "name": "act", "points": 1}
UPDATE = {"type": "update", "name": "act", "traits": {"level": 1}}


@pytest.mark.parametrize(
    ("step", "event", "where", "more", "begins"),
    [
        (REWARD, "entered", {"journey_id": "one"}, {}, True),
        (REWARD, "entered", {"journey_id": "two"}, {}, False),
        (REWARD, "completed", {}, {}, True),
        (REWARD, "exited", {"reason": "paid"}, {}, True),  # nobody knows beforehand
        (REWARD, "goal", {}, {}, False),
        (REWARD, "goal", {"journey_id": "one"}, {"goal": {"event": "a", "within": "P1D"}}, True),
        (REWARD, "rewarded", {"step": "act", "journey_id": "one"}, {}, True),
        (REWARD, "rewarded", {"step": "other"}, {}, False),
        (SEND, "sent", {"template_id": "plain", "step": "remind"}, {}, True),
        ({**SEND, "fallback": ["text"]}, "sent", {"template_id": "text"}, {}, True),
        (SEND, "sent", {"template_id": "text"}, {}, False),
        (ASK, "sent", {"template_id": "plain", "step": "ask"}, {}, True),
        (UPDATE, "updated", {"step": "act"}, {}, True),
        (UPDATE, "tagged", {}, {}, False),
        ({**UPDATE, "tags": {"vip": "yes"}}, "tagged", {"tag_id": "vip"}, {}, True),
        ({**UPDATE, "tags": {"vip": "yes"}}, "tagged", {"tag_id": "other"}, {}, False),
        ({**UPDATE, "lists": {"a": True}}, "listed", {"list_id": "a", "on": True}, {}, True),
        ({**UPDATE, "lists": {"a": True}}, "listed", {"list_id": "a", "on": False}, {}, False),
        ({**UPDATE, "lists": {"a": True}}, "listed", {"on": 1}, {}, False),
        (CALL, "assigned", {"step": "call"}, {}, True),
        (CALL, "assigned", {"step": "other"}, {}, False),
        (UPDATE, "updated", {"step": "other"}, {}, False),
        (UPDATE, "updated", {"journey_id": "two"}, {}, False),
        ({"type": "webhook", "name": "act", "url": "https://a.example/"}, "called", {}, {}, False),
        (REWARD, "updated", {}, {}, False),
    ],
)
def test_what_steps_bring_about(step, event, where, more, begins):
    begun = {"type": "event", "event": EVENTS[event], "where": where}
    start = {"type": "start_journey", "name": "back", "journey_id": "one"}
    two = named("two", start, entry=begun)
    one = named("one", step, **{"entry": {"type": "call"}, **more})
    circle = warned("feeds_itself", "entry", circle="one → two → one")
    told = of(one, around(TEXT, journeys=[two]))
    assert [found for found in told if found.code == "feeds_itself"] == ([circle] if begins else [])


def test_of_several_circles_the_shortest_is_told_and_ends_where_it_began():
    def start(*names: str) -> list[dict[str, Any]]:
        return [
            {"type": "start_journey", "name": f"to {name}", "journey_id": name} for name in names
        ]

    called = {"entry": {"type": "call"}}
    one = named("one", *start("two", "three"), **called)
    two = named("two", *start("four"), **called)
    three = named("three", *start("one"), **called)
    four = named("four", *start("two", "one"), **called)
    told = of(one, around(journeys=[two, three, four]))
    assert told == [warned("feeds_itself", "entry", circle="one → three → one")]
    told = of(two, around(journeys=[one, three, four]))
    assert told == [warned("feeds_itself", "entry", circle="two → four → two")]
    scheduled = {"entry": {"type": "schedule", "segment_id": "vip", "cron": "0 9 * * 1"}}
    told = of(named("one", *start("one"), **scheduled))
    assert told == [warned("feeds_itself", "entry", circle="one → one")]
    stage = named("one", UPDATE, entry={"type": "lifecycle", "stage": "loyal"})
    assert of(stage) == []


def test_a_step_that_starts_a_journey_which_is_entered_otherwise():
    start = {"type": "start_journey", "name": "on", "journey_id": "other"}
    for entry, kind in (
        ({"type": "event", "event": "a"}, "event"),
        ({"type": "schedule", "segment_id": "vip", "cron": "0 9 * * 1"}, "schedule"),
    ):
        other = journey(SEND, journey_id="other", entry=entry)
        told = of(journey(SEND, start), around(journeys=[other]))
        path = "steps[1].journey_id"
        assert told == [warned("not_by_call", path, journey="other", entry=kind)]
    assert of(journey(SEND, start), around()) == []


def test_a_step_that_starts_a_journey_which_nobody_enters_now():
    names = ("other", "one", "unknown")
    starts = [{"type": "start_journey", "name": f"to {name}", "journey_id": name} for name in names]
    definition = named("one", *starts, entry={"type": "call"}, reentry={"policy": "never"})
    plain = around()
    known = replace(plain, definitions=replace(plain.definitions, journeys={"other", "one"}))
    told = of(definition, known)
    assert told == [warned("not_published", "steps[0].journey_id", journey="other")]
    called = journey(SEND, journey_id="other", entry={"type": "call"})
    assert of(definition, replace(known, journeys={"other": called})) == []


def test_an_update_that_is_not_seen_yet_is_the_nearest_one():
    first = {"type": "update", "name": "first", "traits": {"city": "a"}}
    second = {"type": "update", "name": "second", "traits": {"city": "b", "x": 1}}
    third = {"type": "update", "name": "third", "traits": {"y": 1}}
    fork = branch((trait(name="x"), "end"), (trait(), None))

    def told(*steps: dict[str, Any]) -> list[Finding]:
        return [one for one in of(journey(*steps)) if one.code == "update_not_seen_yet"]

    def unseen(path: str, before: str) -> Finding:
        return warned("update_not_seen_yet", path, before=before)

    assert told(first, second, third, fork, SEND) == [
        unseen("steps[3].arms[0].when", "second"),
        unseen("steps[3].arms[1].when", "second"),
    ]
    assert told(second, first, fork, SEND) == [
        unseen("steps[2].arms[0].when", "second"),
        unseen("steps[2].arms[1].when", "first"),
    ]
    assert told(first, CALL, fork, SEND) == []
    until = waits({"trait": "y", "time": "09:00"})
    assert told(third, until, SEND) == [unseen("steps[1].until", "third")]
    assert told(first, until, SEND) == []
    # Two ways come together, of which one writes.
    way = branch((trait(name="z"), "first"), otherwise="fork")
    assert told({**way, "name": "way"}, first, fork, SEND) == [
        unseen("steps[2].arms[1].when", "first")
    ]


def test_events_that_never_came_and_those_like_them():
    seen = Seen(
        frozenset({"paid", "payed", "cart", "a", "b", "c", "d", "e", "f", "$tagged"}),
        frozenset({Consent("marketing")}),
    )
    definition = journey(
        {**WATCH, "events": [{"event": "$message_opened"}, {"event": "payd"}, {"stage": "loyal"}]},
        SEND,
        exit_on=[{"segment_id": "x"}, {"event": "zzzz"}],
    )
    told = of(definition, around(seen=seen))
    never = [
        warned("event_never_seen", "exit_on[1].event", event="zzzz", known="a, b, c, cart, d"),
        warned("event_never_seen", "steps[0].events[1].event", event="payd", known="payed, paid"),
    ]
    assert told == never
    other = journey(SEND, entry={"type": "event", "event": "card"})
    assert of(other, around(seen=seen)) == [
        warned("event_never_seen", "entry.event", event="card", known="cart")
    ]


@pytest.mark.parametrize(
    ("consents", "topic", "about"),
    [
        ([], "", "marketing"),
        ([], "news", "news"),
        ([("marketing", "")], "news", None),
        ([("marketing", "news")], "news", None),
        ([("marketing", "other")], "news", "news"),
        ([("service", "")], "", "marketing"),
    ],
)
def test_consents_that_nobody_gave(consents, topic, about):
    seen = Seen(frozenset({"cart"}), frozenset(Consent(*one) for one in consents))
    told = of(journey(SEND, topic=topic), around(seen=seen))
    values = {"purpose": "marketing", "about": about}
    assert told == ([warned("consent_never_recorded", "purpose", **values)] if about else [])
    assert of(journey(CALL, topic=topic), around(seen=seen)) == []


@pytest.mark.parametrize(
    ("before", "after"), [(None, "cart"), ("cart", None), ("cart", "order"), ("cart", "cart")]
)
def test_another_key_of_entries(before: str | None, after: str | None):
    one, other = (journey(SEND, reentry={"policy": "never", "key": key}) for key in (before, after))
    values = {
        "before": before or "person",
        "after": after or "person",
        "before_zh": before or "用户",
        "after_zh": after or "用户",
    }
    told = [] if before == after else [warned("reentry_key_changed", "reentry.key", **values)]
    assert of(other, around(journeys=[one])) == told


# --- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["name_reserved", "name_taken", "unknown_step", "circle"])
def test_of_a_broken_journey_nothing_more_is_said(code: str):
    problem = Problem("steps[0]", "wrong", "错", code)
    assert verify(journey(OUT), [problem], around()) == (error_of(problem),)
    assert len(verify(journey(OUT), [problem._replace(code="other")], around())) == 2


@pytest.mark.parametrize("kind", ["segment", "template", "stage", "journey", "tag", "list"])
def test_what_may_be_elsewhere_is_softened_and_nothing_else(kind: str):
    unknown = Problem("steps[0].x", "there is none", "没有", f"unknown_{kind}")
    too_long = Problem("steps", "too long", "太长", "too_long")
    partial = around(partial=True)
    told = verify(journey(SEND), [unknown, too_long], partial)
    assert [one.severity for one in told] == ["warning", "error"]
    assert told == (error_of(unknown).softened(), error_of(too_long))
    told = verify(journey(SEND), [unknown, too_long], around())
    assert [one.severity for one in told] == ["error", "error"]


def test_a_finding_is_answered_with_its_words():
    problem = error_of(Problem("steps", "wrong", code="too_long"))
    assert finding_state(problem) == {
        "severity": "error",
        "code": "too_long",
        "path": "steps",
        "message": {"en": "wrong", "zh": "wrong"},
        "hint": None,
    }
    told = warned("arm_hidden", "steps[0]", arm=3)
    assert finding_state(told) == {
        "severity": "warning",
        "code": "arm_hidden",
        "path": "steps[0]",
        "message": {
            "en": "nobody gets this far: whoever matches has taken arms[3] already",
            "zh": "没有人会走到这里：满足该条件的人已先走 arms[3]",
        },
        "hint": {"en": "put the narrower condition first", "zh": "请把范围更窄的条件放在前面"},
    }


# --- how people come to steps -----------------------------------------------------------------


def test_how_soon_each_step_can_be_reached():
    definition = journey(
        {**WATCH, "on_event": "a while", "on_timeout": "call"},
        {**WAIT, "next": "remind"},
        {**CALL, "due": "P2D", "on_done": "remind", "on_overdue": "other"},
        {**SEND, "next": "ask"},
        OTHER,
        {**ASK, "answers": [{"answer": "a", "next": "out"}], "on_timeout": "date"},
        OUT,
        waits({"time": "09:00"}, "date"),
        {**AGAIN, "next": "end"},
    )
    days = {"w": 0, "a while": 0, "call": 1, "remind": 1, "other": 3, "ask": 1, "out": 1,
            "date": 3, "again": 3}  # fmt: skip
    assert earliest(definition) == {name: timedelta(days=n) for name, n in days.items()}


def test_which_steps_are_reached():
    fork = branch((trait(), "remind"), otherwise="other")
    again = {"type": "repeat", "name": "again", "to": "a while", "times": 2, "next": "out"}
    definition = journey(fork, {**SEND, "next": "out"}, OTHER, WAIT, again, OUT)
    everything = {"fork", "remind", "other", "a while", "again", "out"}
    assert reached(definition, "fork") == everything
    assert reached(definition, "a while") == {"a while", "again", "out"}
    assert reached(definition, "out") == {"out"}
    barred = frozenset({("fork", "otherwise")})
    assert reached(definition, "fork", barred) == {"fork", "remind", "out"}


def test_which_steps_act_and_which_hold_up():
    kinds = [SEND, ASK, CALL, REWARD, UPDATE, WAIT, WATCH, OUT, branch((trait(), None))]
    steps = journey(*({**step, "name": f"s{n}"} for n, step in enumerate(kinds))).steps
    assert [acts(step) for step in steps] == [True] * 5 + [False] * 4
    assert [holds_up(step) for step in steps] == [False, True, True, False, False, True, True,
                                                  False, False]  # fmt: skip
