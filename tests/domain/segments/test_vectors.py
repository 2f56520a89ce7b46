"""`tests/vectors/conditions.json`: what every back-end of conditions must answer."""

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from shared.domain.profiles.model import View
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from tests.domain.segments.oracle import Past, oracle

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "conditions.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_condition_answers_as_the_vector_says(vector):
    now, zone = datetime.fromisoformat(vector["now"]), ZoneInfo(vector["zone"])
    counters = {
        event: {date.fromisoformat(day): times for day, times in days.items()}
        for event, days in vector["days"].items()
    }
    events = [(e, day) for e, days in counters.items() for day, n in days.items() for _ in range(n)]

    verdict = evaluate(
        CONDITION.validate_python(vector["condition"]), View(vector["traits"], counters), now, zone
    )

    expected = vector["changes_at"] and datetime.fromisoformat(vector["changes_at"])
    assert (verdict.matches, verdict.changes_at) == (vector["matches"], expected)
    past = Past(vector["traits"], tuple(events))
    assert oracle(vector["condition"], past, now, zone) == vector["matches"]
