"""Of somebody who was moved it is told what was asked for, each under the version of its time."""

from dataclasses import replace
from datetime import timedelta

from functions.manage_workspace.portrait_parts import Names, enrolment, messages
from shared.domain.journeys.interpreter import advance
from shared.domain.journeys.moving import Choices, Moving, move
from shared.domain.journeys.stimulus import Perform
from tests.domain.journeys.memory import NOON, journey
from tests.domain.journeys.test_interpreter import begin

HELLO = {"type": "send", "name": "hello", "template_id": "hello"}
PAUSE = {"type": "wait", "name": "old pause", "duration": "P1D"}
THANKS = {"type": "send", "name": "thanks", "template_id": "thanks"}


def test_a_step_that_is_not_there_any_more_still_tells_of_its_message():
    old, new = journey(HELLO, PAUSE, THANKS), journey(THANKS, title="New")
    stands = begin(old)
    for step in ("hello", "old pause"):
        stands = advance(old, stands, Perform(step), NOON).enrolment
    moving = Moving(1, 2, new, Choices(to={"old pause": "thanks"}))
    moved = move(moving, old, stands, NOON + timedelta(hours=1)).enrolment
    after = advance(new, moved, Perform("thanks"), NOON).enrolment
    names = Names({}, {}, lambda journey_id, version: {1: old, 2: new}.get(version))
    told = messages([], [after], names)
    assert [(one["step"], one["template_id"], one["journey_version"]) for one in told] == [
        ("hello", "hello", 1),
        ("thanks", "thanks", 2),
    ]
    assert enrolment(after, names)["title"] == "New"
    gone = replace(names, journey=lambda journey_id, version: None)
    assert messages([], [after], gone) == []
