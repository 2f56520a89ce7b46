"""The worked example of docs/journeys.md is true."""

import re
from pathlib import Path

import yaml

from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.validate import validate
from shared.domain.segments.expand import Definitions

TEXT = (Path(__file__).parents[3] / "docs" / "journeys.md").read_text()
ARN = "arn:aws:lambda:us-east-1:000000000000:function:run_step"


def test_the_example_compiles_to_the_states_of_the_table():
    written = yaml.safe_load(TEXT.split("```yaml\n")[1].split("```")[0])
    assert written.pop("kind") == "journey"
    journey = Journey.model_validate(written)
    templates = {"cart-email", "cart-text"}
    assert not validate(journey, Definitions({}, {}, templates=templates))
    table = TEXT.split("| state | type | goes to |")[1].split("\n\n")[0]
    told = {
        name: (kind.split()[0], set(re.findall("`([^`]+)`", ways)))
        for name, kind, ways in re.findall(r"^\| `([^`]+)` \| ([^|]+) \|([^|]*)\|$", table, re.M)
    }
    states = compile_machine(journey, 1, ARN)["States"]
    assert told == {name: (state["Type"], _ways(state)) for name, state in states.items()}


def _ways(state: dict) -> set[str]:
    """Where a state leads, but for the ways of ended and failed enrolments."""
    named = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    ways = {part[key] for part in named for key in ("Next", "Default") if key in part}
    return ways - {"journey: over", "journey: failed"}
