"""Tests that operators write: what they give happens, and every difference is told where it is."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.steps.asked import task_id
from shared.domain.journeys.trial import MONDAY, Given, JourneyTest, Tried, try_case
from shared.domain.segments.expand import Definitions, ExpansionError
from shared.domain.workspace.model import WorkspaceSettings
from tests.domain.journeys.memory import journey

SEND = {"type": "send", "name": "remind", "template_id": "a"}
WAIT = {"type": "wait", "name": "day", "duration": "P1D"}
CALL = {
    "type": "assign",
    "name": "call",
    "title": "Call",
    "to": "sales",
    "due": "P2D",
    "escalate_to": "boss",
    "on_done": "end",
}
REWARD = {"type": "reward", "name": "points", "points": 1}
CART: dict[str, Any] = {"event": "cart"}
SHANGHAI = WorkspaceSettings(timezone="Asia/Shanghai")


def trial(
    definition: Journey, *given: dict[str, Any], definitions: Definitions | None = None, **more: Any
) -> Tried:
    """What comes of the one case of a test."""
    case = {"name": "a case", "given": given, "expect": {}, **more}
    test = JourneyTest.model_validate({"journey_id": "test", "cases": [case]})
    assert test.starts_at == MONDAY
    known = definitions or Definitions({}, {}, settings=SHANGHAI)
    tried = try_case(test.cases[0], test.starts_at, definition, known)
    assert tried.case is test.cases[0]
    return tried


def differs(definition: Journey, *given: dict[str, Any], **expect: Any) -> list[str]:
    return list(trial(definition, *given, expect=expect).differences)


LINE = journey(SEND, WAIT, REWARD, {**SEND, "name": "thank"}, {"type": "exit", "name": "out"})


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ({}, []),
        ({"status": "exited", "reason": "exit_step", "at": "P1D"}, []),
        ({"status": "completed"}, ["status: completed was expected, it is exited"]),
        ({"reason": "paid"}, ["reason: paid was expected, it is exit_step"]),
        ({"at": "P1DT1S"}, ["it ends at P1D (2026-01-06T09:00:00.000Z), not at P1DT1S"]),
        ({"enters": False}, ["somebody enters at PT0S (2026-01-05T09:00:00.000Z)"]),
        ({"messages": [{"step": "remind"}, {"step": "thank", "at": "P1D"}]}, []),
        ({"actions": [{"step": "points", "at": "P1D"}]}, []),
        (
            {"messages": [{"step": "remind", "at": "PT1H"}, {"step": "other"}]},
            [
                "messages[0]: remind at PT1H was expected, it is remind at"
                " PT0S (2026-01-05T09:00:00.000Z)",
                "messages[1]: other at P1D was expected, it is thank at"
                " P1D (2026-01-06T09:00:00.000Z)",
            ],
        ),
        (
            {"messages": [{"step": "remind"}], "actions": [{"step": "points"}, {"step": "more"}]},
            [
                "messages[1]: thank at P1D (2026-01-06T09:00:00.000Z) is one too many",
                "actions[1]: more is missing",
            ],
        ),
        (
            {"messages": [], "actions": []},
            [
                "messages[0]: remind at PT0S (2026-01-05T09:00:00.000Z) is one too many",
                "messages[1]: thank at P1D (2026-01-06T09:00:00.000Z) is one too many",
                "actions[0]: points at P1D (2026-01-06T09:00:00.000Z) is one too many",
            ],
        ),
    ],
)
def test_every_difference_is_told_with_its_place(expect: dict[str, Any], told: list[str]):
    assert differs(LINE, CART, **expect) == told


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        ("PT0S", "PT0S"),
        ("PT1S", "PT1S"),
        ("PT1M", "PT1M"),
        ("PT61M", "PT1H1M"),
        ("PT3661S", "PT1H1M1S"),
        ("P3D", "P3D"),
        ("P3DT59S", "P3DT59S"),
        ("P1DT23H59M", "P1DT23H59M"),
    ],
)
def test_durations_are_told_as_they_are_written(duration: str, words: str):
    [told] = differs(LINE, CART, at=duration)
    assert told.endswith(f", not at {words}")


def test_whoever_does_not_enter_is_told_of_unless_that_is_expected():
    never = "nobody enters: nothing that is given is the entry"
    assert differs(LINE, {"event": "paid"}) == [never]
    assert differs(LINE, {"event": "paid"}, messages=[], status="exited") == [never]
    assert differs(LINE, {"event": "paid"}, enters=False) == []
    assert trial(LINE, {"event": "paid"}).enrolment is None


def test_the_first_entry_counts_and_nobody_is_held_out():
    """Whoever is drawn is no matter of a test; what is given may stand in any order."""
    out = journey(SEND, WAIT, holdout=1)
    tried = trial(out, {**CART, "at": "PT2H"}, {**CART, "at": "PT1H"})
    assert tried.enrolment is not None
    enrolment = tried.enrolment
    assert (enrolment.workspace_id, enrolment.profile_id) == ("test", "somebody")
    assert (enrolment.enrolment_id, enrolment.journey_version) == ("test", 1)
    assert enrolment.entered_at == MONDAY + timedelta(hours=1)
    assert enrolment.trace[0].fact == "given 1"
    assert enrolment.status == "completed"


def watch(*events: dict[str, Any]) -> Journey:
    wait_for = {
        "type": "wait_for",
        "name": "watch",
        "events": events,
        "timeout": "P3D",
        "on_event": "end",
    }
    return journey(wait_for, {"type": "exit", "name": "late"})


@pytest.mark.parametrize(
    ("rule", "given", "counts"),
    [
        ({"event": "paid"}, {"event": "paid"}, True),
        ({"event": "paid", "where": {"a": 1}}, {"event": "paid", "properties": {"a": 1}}, True),
        ({"event": "paid", "where": {"a": 1}}, {"event": "paid", "properties": {"a": 2}}, False),
        ({"segment_id": "buyers"}, {"segment_id": "buyers"}, True),
        ({"segment_id": "buyers"}, {"segment_id": "buyers", "edge": "exited"}, False),
        ({"segment_id": "buyers", "edge": "exited"}, {"segment_id": "buyers", "edge": "exited"},
         True),
        ({"stage": "loyal"}, {"stage": "loyal"}, True),
        ({"stage": "loyal"}, {"stage": "loyal", "edge": "left"}, False),
        ({"stage": "loyal", "edge": "left"}, {"stage": "loyal", "edge": "left"}, True),
        ({"event": "paid"}, {"event": "left"}, False),
    ],
)  # fmt: skip
def test_what_is_given_happens_when_it_is_said_to(rule, given, counts):
    tried = trial(watch(rule), CART, {**given, "at": "P2DT3H"})
    assert tried.enrolment is not None
    if counts:
        assert (tried.enrolment.status, tried.enrolment.reason) == ("completed", "completed")
        assert tried.enrolment.clock_at == MONDAY + timedelta(days=2, hours=3)
        fact = tried.enrolment.trace[-1].fact or ""
        assert fact == "given 1" or fact.endswith(" 2026-01-07T12:00:00.000Z")
    else:
        assert (tried.enrolment.status, tried.enrolment.reason) == ("exited", "exit_step")


def test_a_task_is_done_by_its_step_and_counts_again_when_it_is_handed_on():
    definition = journey(CALL, {"type": "exit", "name": "late"})
    done = trial(definition, CART, {"done": "call", "at": "P1D"})
    assert done.enrolment is not None
    assert (done.enrolment.reason, done.enrolment.clock_at) == (
        "completed",
        MONDAY + timedelta(days=1),
    )
    assert done.enrolment.trace[-1].fact == "given 1"
    other = trial(definition, CART, {"done": "late", "at": "P1D"})
    assert other.enrolment is not None
    assert other.enrolment.reason == "exit_step"
    assert task_id("test", "call", 1) != task_id("test", "late", 1)
    asked = [{"step": "call", "at": "PT0S"}, {"step": "call", "at": "P2D"}]
    assert differs(definition, CART, actions=asked, messages=[]) == []
    assert differs(definition, CART, {"done": "call", "at": "P1D"}, actions=asked[:1]) == []


def test_a_branch_looks_at_what_was_given_by_then_and_at_claims():
    paid = {"type": "event", "event": "paid", "comparison": "at_least", "times": 2}
    city = {"type": "trait", "trait": "city", "operator": "equals", "value": "Kunming"}
    arms = [{"when": paid, "next": "thank"}, {"when": city, "next": "remind"}]
    fork = {"type": "branch", "name": "fork", "arms": arms, "otherwise": "end"}
    definition = journey(WAIT, fork, {**SEND, "next": "end"}, {**SEND, "name": "thank"})
    twice = [{"event": "paid", "at": "PT1H"}, {"event": "paid", "at": "PT2H"}]
    late = [{"event": "paid", "at": "PT1H"}, {"event": "paid", "at": "P2D"}]
    thank, remind = [{"step": "thank", "at": "P1D"}], [{"step": "remind", "at": "P1D"}]
    assert differs(definition, CART, *twice, messages=thank) == []
    assert differs(definition, CART, *late, messages=[]) == []
    traits = {"city": "Kunming"}
    tried = trial(definition, CART, *late, traits=traits, expect={"messages": remind})
    assert tried.differences == ()


def test_waits_know_the_traits_the_zone_and_the_habits():
    until = {"type": "wait", "name": "w", "until": {"time": "20:00"}}
    tried = trial(journey(until), CART)
    assert tried.enrolment is not None
    assert tried.enrolment.clock_at == MONDAY.replace(hour=12), "in the zone of the workspace"
    tried = trial(journey(until), CART, traits={"timezone": "Asia/Tokyo"})
    assert tried.enrolment is not None
    assert tried.enrolment.clock_at == MONDAY.replace(hour=11)
    renewal = {"type": "wait", "name": "w", "until": {"trait": "renewal", "time": "09:00"}}
    tried = trial(journey(renewal), CART, traits={"renewal": "2026-02-01"})
    assert tried.enrolment is not None
    assert tried.enrolment.clock_at == MONDAY.replace(month=2, day=1, hour=1)
    habit = {"type": "wait", "name": "w", "until": {"usual_hour": True, "time": "20:00"}}
    evenings = [{"event": "seen", "at": f"P{n}DT6H"} for n in range(3)]
    tried = trial(journey({**WAIT, "duration": "P4D"}, habit), CART, *evenings)
    assert tried.enrolment is not None
    assert tried.enrolment.clock_at == MONDAY + timedelta(days=4, hours=6)


def test_a_branch_on_what_nobody_defines_is_no_test():
    unknown = {"type": "segment", "segment_id": "nobody"}
    fork = {"type": "branch", "name": "fork", "arms": [{"when": unknown, "next": "end"}]}
    with pytest.raises(ExpansionError):
        trial(journey(fork, SEND), CART)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, "needs one of"),
        ({"event": "a", "stage": "loyal"}, "needs one of"),
        ({"segment_id": "a", "done": "call"}, "needs one of"),
        ({"stage": "loyal", "edge": "exited"}, "`entered` or `left`"),
        ({"segment_id": "a", "edge": "left"}, "`entered` or `exited`"),
        ({"event": "a", "at": 3}, "ISO 8601"),
        ({"event": "a", "at": "-PT1S"}, "greater than or equal"),
        ({"event": "a", "at": "P3651D"}, "less than or equal"),
    ],
)
def test_what_cannot_be_given_is_refused(given: dict[str, Any], wrong: str):
    with pytest.raises(ValidationError, match=wrong):
        Given.model_validate(given)


def test_a_test_may_begin_at_any_instant():
    case = {"name": "a case", "given": [CART], "expect": {"at": "P1D"}}
    begins = "2026-03-01T00:00:00+08:00"
    test = JourneyTest.model_validate({"journey_id": "test", "starts_at": begins, "cases": [case]})
    tried = try_case(test.cases[0], test.starts_at, LINE, Definitions({}, {}))
    assert tried.differences == ()
    assert tried.enrolment is not None
    entered = tried.enrolment.entered_at.astimezone(ZoneInfo("UTC"))
    assert f"{entered:%Y-%m-%d %H:%M}" == "2026-02-28 16:00"
