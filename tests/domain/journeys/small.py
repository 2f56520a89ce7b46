"""Small steps and templates for tests of what the verifier finds, and everything it finds."""

from typing import Any

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.verify.finding import Finding
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.journeys.verify.verify import verify
from tests.domain.journeys.test_verify import PLAIN, SEND, around

AGAIN = {**SEND, "name": "again"}
OTHER = {**SEND, "name": "other", "template_id": "mail"}
OUT = {"type": "exit", "name": "out"}
MAIL = {**PLAIN, "template_id": "mail"}
TEXT = {"channel": "sms", "template_id": "text", "text": "Hello, reply STOP"}
WATCH = {"type": "wait_for", "name": "w", "timeout": "P1D", "events": [{"event": "paid"}]}
CALL = {"type": "assign", "name": "call", "title": "Call", "to": "sales", "due": "P1D"}
ASK = {
    "type": "feedback",
    "name": "ask",
    "template_id": "plain",
    "answers": [{"answer": "a"}],
    "timeout": "P2D",
}


def branch(*arms: tuple[dict[str, Any], str | None], otherwise: str | None = None, **more: Any):
    return {
        "type": "branch",
        "name": "fork",
        "arms": [{"when": when, "next": to} for when, to in arms],
        "otherwise": otherwise,
        **more,
    }


def of(definition: Journey, surroundings: Surroundings | None = None) -> list[Finding]:
    return list(verify(definition, (), surroundings or around(MAIL)))


def waits(until: dict[str, Any], name: str = "w") -> dict[str, Any]:
    return {"type": "wait", "name": name, "until": until}
