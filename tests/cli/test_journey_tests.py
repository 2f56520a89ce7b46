"""Tests of journeys run offline, and say exactly what is different."""

from pathlib import Path

import pytest

DEMO = sorted((Path(__file__).parents[2] / "demo" / "workspace").glob("*.yaml"))

JOURNEY = """
kind: journey
journey_id: reminder
title: Reminder
entry: {type: event, event: cart}
exit_on: [{segment_id: buyers}]
steps:
  - {type: wait, name: a day, duration: P1D}
  - type: branch
    name: knows us
    arms: [{when: {type: segment, segment_id: regulars}, next: thank}]
    otherwise: remind
  - {type: send, name: remind, template_id: any, next: end}
  - {type: send, name: thank, template_id: any}
---
kind: segment
segment_id: regulars
title: Regulars
condition: {type: event, event: visit, times: 2, within_days: 7}
---
kind: journey_test
journey_id: reminder
cases:
"""


@pytest.fixture
def tests(rapport, written):
    """Runs cases for the journey above; nothing is asked of a deployment."""

    def run(cases):
        return rapport("journey", "test", written(JOURNEY + cases))

    return run


def test_the_tests_of_the_demo_pass_without_a_deployment(rapport):
    said = rapport("journey", "test", *DEMO)
    assert (said.code, said.out.splitlines()[-1]) == (0, "7 passed, 0 failed")


def test_a_branch_sees_what_is_given_and_nothing_that_comes_later(tests):
    said = tests(
        """
  - name: two visits are regular
    given: [{event: visit}, {event: cart, at: PT1H}, {event: visit, at: PT2H}]
    expect: {messages: [{step: thank, at: P1DT1H}]}
  - name: the second visit came too late
    given: [{event: visit}, {event: cart, at: PT1H}, {event: visit, at: P2D}]
    expect: {messages: [{step: remind}]}
  - name: buyers leave
    given: [{event: cart}, {segment_id: buyers, at: PT3H}]
    expect: {messages: [], status: exited, reason: "segment:entered:buyers", at: PT3H}
"""
    )
    assert (said.code, said.out.splitlines()[-1]) == (0, "3 passed, 0 failed")


CALLING = """
kind: journey
journey_id: calling
title: Calling
entry: {type: event, event: lead}
steps:
  - {type: feedback, name: ask, template_id: any, timeout: P1D, answers: [{answer: yes please}]}
  - {type: assign, name: call, to: sales, title: Call, due: P2D, escalate_to: lead, on_done: pay}
  - {type: exit, name: too late}
  - {type: reward, name: pay, points: 5}
---
kind: journey_test
journey_id: calling
cases:
  - name: a task that is done
    given: [{event: lead}, {done: call, at: P1DT5H}]
    expect:
      messages: [{step: ask, at: PT0S}]
      actions: [{step: call, at: P1D}, {step: pay, at: P1DT5H}]
  - name: a task that is done too late is handed on
    given: [{event: lead}, {done: call, at: P4D}]
    expect:
      actions: [{step: call, at: P1D}, {step: call, at: P3D}]
      reason: exit_step
"""


def test_tasks_are_done_and_actions_expected_like_messages(rapport, written):
    said = rapport("journey", "test", written(CALLING))
    assert (said.code, said.out.splitlines()[-1]) == (0, "2 passed, 0 failed")
    said = rapport("journey", "test", written(CALLING.replace("{done: call", "{event: call")))
    assert said.code == 1
    assert "actions[1]: pay at P1DT5H was expected, it is call at P3D" in said.out


def test_moves_between_stages_are_given_like_those_of_segments(rapport, written):
    entry = "entry: {type: lifecycle, stage: dormant}"
    moving = JOURNEY.replace("entry: {type: event, event: cart}", entry)
    case = (
        "  - {name: asleep, given: [{stage: dormant, edge: entered}], expect: {status: completed}}"
    )
    assert rapport("journey", "test", written(moving + case)).code == 0
    awake = case.replace("edge: entered", "edge: left").replace(
        "status: completed", "enters: false"
    )
    assert rapport("journey", "test", written(moving + awake)).code == 0


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ("{messages: []}", "messages[0]: remind at P1D (2026-01-06T09:00:00.000Z) is one too many"),
        ("{messages: [{step: remind}, {step: thank}]}", "messages[1]: thank is missing"),
        (
            "{messages: [{step: remind, at: PT90S}]}",
            "messages[0]: remind at PT1M30S was expected, it is remind at P1D (2026-01-06",
        ),
        ("{messages: [{step: thank}]}", "messages[0]: thank at P1D was expected, it is remind at"),
        ("{status: exited}", "status: exited was expected, it is completed"),
        ("{at: P2D}", "it ends at P1D (2026-01-06T09:00:00.000Z), not at P2D"),
        ("{enters: false}", "somebody enters at PT0S"),
    ],
)
def test_what_is_different_is_said(tests, expected, difference):
    said = tests(f"  - {{name: one, given: [{{event: cart}}], expect: {expected}}}\n")
    assert said.code == 1
    assert difference in said.out
    assert said.out.splitlines()[-1] == "0 passed, 1 failed"


@pytest.mark.parametrize(
    ("cases", "error"),
    [
        (
            "  - {name: a, given: [{at: P1D}], expect: {}}",
            "needs one of `event`, `segment_id`, `stage` and `done`",
        ),
        ("  - {name: a, given: [], expect: {}}", "cases.0.given"),
        ("  - {name: a, given: [{event: cart, at: 5}], expect: {}}", "a duration is ISO 8601"),
        ("  - {name: a, given: [{event: cart}], expects: {}}", "cases.0.expect"),
    ],
)
def test_a_test_that_cannot_be_read_says_where(tests, cases, error):
    said = tests(f"{cases}\n")
    assert said.code == 1
    assert error in said.err
    assert "defs.yaml:" in said.err or ".yaml:" in said.err


def test_a_journey_that_could_not_be_published_is_not_tried(rapport, written):
    broken = JOURNEY.replace("otherwise: remind", "otherwise: nowhere")
    said = rapport(
        "journey", "test", written(broken + "  - {name: a, given: [{event: cart}], expect: {}}")
    )
    assert said.code == 1
    assert 'there is no step "nowhere"' in said.err


def test_files_without_a_test_or_without_its_journey_are_refused(rapport, written):
    said = rapport("journey", "test", DEMO[0])
    assert (said.code, "there is no test" in said.err) == (1, True)
    alone = "kind: journey_test\njourney_id: x\ncases: [{name: a, given: [{event: b}], expect: {}}]"
    said = rapport("journey", "test", written(alone))
    assert 'these files hold no journey "x"' in said.err
