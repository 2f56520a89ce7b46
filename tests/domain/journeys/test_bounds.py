"""How much one way may ask for, leave in a history and write into a row, held against sums by hand.

Figures are those of Step Functions and of rows: a state is entered and left (2), a Task is tried
nine times with three events each, or four with a token, and a machine is started and ends (4).
"""

from typing import Any

import pytest

from shared.domain.journeys.bounds import _size as size_of
from shared.domain.journeys.bounds import most_asked, most_events
from tests.domain.journeys.memory import journey

TASK, TOKEN, STATE = 2 + 9 * 3, 2 + 9 * 4, 2
CITY = {"type": "trait", "trait": "city", "operator": "exists"}
PAID = {"event": "paid"}
END = {"type": "exit", "name": "a step of the longest name"}
# Each kind of step: what one visit leaves in the history, and its decisions and facts in the trace.
KINDS: list[tuple[dict[str, Any], int, int, int]] = [
    ({"type": "send", "template_id": "a"}, TASK, 1, 1),
    ({"type": "update", "traits": {"a": 1, "b": 2}}, TASK, 1, 1),
    ({"type": "reward", "points": 1}, TASK, 1, 1),
    ({"type": "webhook", "url": "https://crm.example/"}, TASK, 1, 1),
    ({"type": "start_journey", "journey_id": "next"}, TASK, 1, 1),
    ({"type": "wait", "duration": "P1D"}, TASK + 2 * STATE + TASK, 2, 3),
    ({"type": "wait_for", "events": [PAID] * 5, "timeout": "P1D"}, TOKEN + TASK + STATE, 2, 5),
    ({"type": "assign", "title": "A", "to": "b", "due": "P1D"}, TOKEN + TASK + STATE, 2, 3),
    (
        {"type": "feedback", "template_id": "a", "answers": [{"answer": "a"}], "timeout": "P1D"},
        TOKEN + TASK + STATE,
        2,
        3,
    ),
    (
        {
            "type": "branch",
            "arms": [{"when": {"type": "all", "conditions": [CITY, CITY]}}, {"when": CITY}],
        },
        TASK + STATE,
        1,
        4,
    ),
    # A segment may ask for anything, and of one condition a trace keeps 20 facts.
    (
        {
            "type": "branch",
            "arms": [
                {"when": {"type": "segment", "segment_id": "vip"}},
                {"when": {"type": "any", "conditions": [CITY] * 25}},
                {"when": {"type": "not", "condition": CITY}},
            ],
        },
        TASK + STATE,
        1,
        20 + 20 + 2,
    ),
    ({"type": "experiment", "variants": [{"name": "a"}, {"name": "b"}]}, TASK + STATE, 1, 1),
]


@pytest.mark.parametrize(("step", "events", "decisions", "facts"), KINDS)
def test_what_a_visit_leaves_behind(step: dict, events: int, decisions: int, facts: int):
    named = {**step, "name": "步骤"}  # two letters of three bytes
    definition = journey(named, END)
    assert most_events(definition) == events + (TASK + STATE) + 2 * STATE
    names = 6 + len("a step of the longest name")
    assert size_of(definition, definition.step("步骤")) == decisions * (200 + names) + facts * 150


def test_the_last_step_names_nothing_and_a_repeat_counts_its_rounds():
    wait = {"type": "wait", "name": "day", "duration": "P1D"}
    again = {"type": "repeat", "name": "again", "to": "day", "times": 3}
    definition = journey(wait, again, END)
    assert most_events(definition) == 4 * (62 + TASK + STATE) + (TASK + STATE) + 2 * STATE
    assert size_of(definition, definition.steps[-1]) == 200 + 26 + 150
    assert size_of(definition, definition.steps[1]) == 200 + 5 + 26 + 150
    long = journey({**wait, "name": "d", "next": "end"}, END)
    assert size_of(long, long.steps[0]) == 2 * (200 + 1 + 3) + 3 * 150


def send(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "send", "name": f"send {number}", "template_id": "a", **more}


TASKS = {"type": "assign", "name": "call", "title": "Call", "to": "sales", "due": "P1D"}
DAY = {"type": "wait", "name": "day", "duration": "P1D"}


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        ((DAY,), 0),
        ((send(1), send(2), DAY, send(3)), 2),
        ((send(1), DAY, send(2), send(3), send(4)), 3),
        # A task is asked for where its wait begins, and handed on where that ends.
        ((send(1), TASKS, send(2)), 2),
        ((TASKS, send(1), send(2)), 2),
        (({**TASKS, "escalate_to": "boss"}, send(1), send(2)), 3),
        # Two waits lead to one step, of which only one hands a task on.
        (
            (
                {**TASKS, "escalate_to": "boss", "on_done": "day", "on_overdue": "send 1"},
                {**DAY, "next": "send 1"},
                send(1),
                send(2),
            ),
            3,
        ),
        (
            (
                {**DAY, "next": "call"},
                {**TASKS, "escalate_to": "boss", "on_done": "night", "on_overdue": "send 1"},
                {**DAY, "name": "night", "next": "send 1"},
                send(1),
            ),
            2,
        ),
        # A date may be past, so that nobody waits for it.
        (
            (
                send(1),
                {"type": "wait", "name": "x", "until": {"at": "2020-01-01T00:00:00Z"}},
                send(2),
            ),
            2,
        ),
        ((send(1), {"type": "wait", "name": "x", "until": {"time": "09:00"}}, send(2)), 1),
        # A question asks by its message.
        (
            (
                send(1),
                {
                    "type": "feedback",
                    "name": "ask",
                    "template_id": "a",
                    "answers": [{"answer": "a"}],
                    "timeout": "P1D",
                },
                send(2),
            ),
            2,
        ),
    ],
)
def test_the_most_that_one_go_asks_for(steps: tuple[dict[str, Any], ...], most: int):
    assert most_asked(journey(*steps)) == most
