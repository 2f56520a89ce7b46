"""The machine of one journey with a step of every kind, each state as it was read and accepted.

A change of one letter is a new version of every journey's machine, so it has to be meant. What a
machine does is held against the walker elsewhere (`test_asl`).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.journeys.asl import compile_machine
from tests.domain.journeys.memory import journey
from tests.domain.journeys.stage import ARN

VECTORS = Path(__file__).parents[2] / "vectors" / "journeys" / "machine.json"
PAID = {"event": "paid"}
CITY = {"type": "trait", "trait": "city", "operator": "exists"}


def branch(name: str, to: str, otherwise: str | None) -> dict[str, Any]:
    arms = [{"when": CITY, "next": to}]
    return {"type": "branch", "name": name, "arms": arms, "otherwise": otherwise}


STEPS: list[dict[str, Any]] = [
    {"type": "send", "name": "mail", "template_id": "a"},
    branch("fork", "date", None),
    {"type": "wait", "name": "day", "duration": "P1D"},
    branch("who", "end", "watch"),
    {
        "type": "wait",
        "name": "date",
        "until": {"trait": "renewal", "time": "09:00"},
        "otherwise": "ask",
    },
    {
        "type": "wait_for",
        "name": "watch",
        "events": [PAID],
        "timeout": "P2D",
        "on_event": "draw",
        "on_timeout": "call",
    },
    {"type": "assign", "name": "call", "title": "Call", "to": "sales", "due": "P1D",
     "on_done": "ask", "on_overdue": "ask"},
    {
        "type": "feedback",
        "name": "ask",
        "template_id": "b",
        "answers": [
            {"answer": "good", "next": "reward"},
            {"answer": "bad", "next": "end"},
            {"answer": "so so", "next": "reward"},
        ],
        "timeout": "PT3H",
        "on_timeout": "out",
    },
    {"type": "reward", "name": "reward", "points": 1},
    {"type": "webhook", "name": "hook", "url": "https://crm.example/"},
    {"type": "update", "name": "note", "tags": {"vip": "yes"}},
    {
        "type": "experiment",
        "name": "draw",
        "variants": [{"name": "a", "next": "out"}, {"name": "b"}, {"name": "c", "next": "end"}],
    },
    {"type": "wait", "name": "pause", "until": {"at": "2027-01-01T09:00:00+08:00"}},
    {"type": "wait", "name": "rest", "duration": "PT1H"},
    {"type": "repeat", "name": "again", "to": "rest", "times": 2},
    {"type": "start_journey", "name": "on", "journey_id": "next"},
    {"type": "wait", "name": "last", "until": {"time": "09:00"}, "next": "end"},
    {"type": "exit", "name": "out", "reason": "unhappy"},
]  # fmt: skip


def machine(*, resumes: bool) -> dict[str, Any]:
    definition = journey(*STEPS, title="Every kind")
    return compile_machine(definition, 7, ARN, resumes=resumes)


@pytest.mark.parametrize(
    ("title", "resumes"), [("as people begin", False), ("as people are moved", True)]
)
def test_every_state_is_as_it_was_accepted(title: str, resumes: bool) -> None:
    found = json.loads(json.dumps(machine(resumes=resumes)))
    wanted = json.loads(VECTORS.read_text())[title]
    assert list(found["States"]) == list(wanted["States"]), "in the order of the way there"
    for name, state in wanted["States"].items():
        assert found["States"][name] == state
    assert found == wanted
