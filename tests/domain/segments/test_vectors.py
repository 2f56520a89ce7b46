"""`tests/vectors/conditions.json`: what every back-end of conditions must answer."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.references import references
from tests.domain.segments.histories import from_vector, view_of
from tests.domain.segments.oracle import oracle

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "conditions.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_condition_answers_as_the_vector_says(vector):
    history, now, zone = from_vector(vector)
    condition = CONDITION.validate_python(vector["condition"])

    verdict = evaluate(condition, view_of(history, references(condition), now, zone), now, zone)

    changes_at = vector["changes_at"] and datetime.fromisoformat(vector["changes_at"])
    assert (verdict.matches, verdict.changes_at) == (vector["matches"], changes_at)
    assert oracle(vector["condition"], history, now, zone) == vector["matches"]
