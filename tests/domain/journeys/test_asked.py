"""The turn of each action among those of one instant: of several updates the last one holds."""

from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.stimulus import Perform, TimeUp
from tests.domain.journeys.ledgered import begun
from tests.domain.journeys.memory import journey


def test_actions_of_one_instant_have_their_turns_and_messages_none():
    def reward(number: int) -> dict[str, object]:
        return {"type": "reward", "name": f"r{number}", "points": number}

    definition = journey(
        reward(1),
        {"type": "send", "name": "mail", "template_id": "a"},
        reward(2),
        reward(3),
        {"type": "wait", "name": "day", "duration": "P1D"},
        reward(4),
        {"type": "assign", "name": "call", "title": "Call", "to": "sales", "due": "P1D"},
    )
    turns = [Perform(name) for name in ("r1", "mail", "r2", "r3", "day")]
    run = begun(definition, *turns, TimeUp("day", 1), Perform("r4"), Perform("call"))
    asked = asked_for(definition, run, run.trace)
    found = [(one.step, one.turn) for one in asked if isinstance(one, ActionRequest)]
    assert found == [("r1", 0), ("r2", 1), ("r3", 2), ("r4", 0), ("call", 1)]
