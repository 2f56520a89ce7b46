"""Two validators accept whatever journeys compile to, and refuse what is broken."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey, Step
from tests.domain.journeys.memory import journey
from tests.domain.journeys.stage import ARN, compiled
from tests.domain.journeys.strategies import journeys
from tests.domain.journeys.validators import Machine, asl_validator, statelint

VALIDATORS = {"asl-validator": asl_validator, "statelint": statelint}
KINDS = {kind.model_fields["type"].default for kind in get_args(get_args(Step)[0])}
LARGEST_BYTES = 1_048_576

SOUND = compiled(
    journey(
        {"type": "send", "name": "mail", "template_id": "a"},
        {
            "type": "branch",
            "name": "known",
            "arms": [
                {"when": {"type": "trait", "trait": "city", "operator": "exists"}, "next": "end"}
            ],
        },
        {"type": "wait", "name": "day", "duration": "P1D"},
        {
            "type": "wait_for",
            "name": "paid",
            "events": [{"event": "paid"}],
            "timeout": "P1D",
            "on_event": "end",
        },
        {"type": "exit", "name": "out"},
    )
)


def without(state: str, name: str) -> Callable[[Machine], None]:
    return lambda machine: machine["States"][state].pop(name)


def changed(state: str, **fields: Any) -> Callable[[Machine], None]:
    return lambda machine: machine["States"][state].update(fields)


BROKEN: dict[str, Callable[[Machine], None]] = {
    "no start": lambda machine: machine.pop("StartAt"),
    "it starts nowhere": lambda machine: machine.update(StartAt="nowhere"),
    "a way leads nowhere": changed("mail", Next="nowhere"),
    "a state without a way out": without("day", "Next"),
    "a state that nothing leads to": lambda machine: machine["States"].update(
        island={"Type": "Succeed"}
    ),
    "two ways out of a task": changed("mail", End=True),
    "a type that there is not": changed("day", Type="Sleep"),
    "a wait for nothing": without("day", "TimestampPath"),
    "a wait for two things": changed("day", Seconds=3),
    "a path that is none": changed("day", TimestampPath="answer.wake_at"),
    "a choice without rules": changed("known", Choices=[]),
    "a rule that leads nowhere": lambda machine: machine["States"]["known"]["Choices"][0].pop(
        "Next"
    ),
    "a time-out of no time": changed("paid", TimeoutSecondsPath="answer.rest"),
    "a catcher that leads nowhere": lambda machine: machine["States"]["mail"]["Catch"][0].pop(
        "Next"
    ),
    "a retrier of nothing": lambda machine: machine["States"]["mail"]["Retry"][1].pop(
        "ErrorEquals"
    ),
}


def test_both_validators_refuse_what_is_broken_in_any_of_these_ways():
    machines = []
    for breaks in BROKEN.values():
        machine = json.loads(json.dumps(SOUND))
        breaks(machine)
        machines.append(machine)
    found = {name: validate([SOUND, *machines]) for name, validate in VALIDATORS.items()}
    assert {name: problems[0] for name, problems in found.items()} == {name: [] for name in found}
    unseen = {
        name: [what for what, wrong in zip(BROKEN, problems[1:], strict=True) if not wrong]
        for name, problems in found.items()
    }
    assert unseen == {name: [] for name in found}


def test_both_validators_accept_what_journeys_compile_to():
    accepted_by_both(100)


@pytest.mark.slow
@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_both_validators_accept_generated_journeys(count: int, say: Callable[[str], None]):
    kinds, states = accepted_by_both(count)
    say(f"{count:,} journeys compile to {kinds.pop('different machines'):,} different machines")
    assert kinds.keys() == KINDS
    assert states.keys() == {"Task", "Wait", "Choice", "Pass", "Succeed", "Fail"}
    for what, counted in (("steps", kinds), ("states", states)):
        figures = ", ".join(f"{name} {times:,}" for name, times in sorted(counted.items()))
        say(f"{count:,} journeys, {what}: {figures}")


def accepted_by_both(count: int) -> tuple[Counter[str], Counter[str]]:
    """Compile so many different journeys and show the machines; gives what occurs how often."""
    chosen = list(islice(_generated(), count))
    # Journeys that differ in what a person is asked for compile to the same states.
    shown = {json.dumps(machine["States"]): definition for definition, machine in chosen}
    machines = {json.dumps(machine["States"]): machine for _, machine in chosen}
    assert max(len(json.dumps(machine)) for machine in machines.values()) < LARGEST_BYTES
    for name, validate in VALIDATORS.items():
        problems = validate(machines.values())
        assert len(problems) == len(machines)
        for states, wrong in zip(machines, problems, strict=True):
            assert not wrong, f"{name}: {wrong}\n{shown[states]!r}\n{states}"
    kinds = Counter(step.type for definition, _ in chosen for step in definition.steps)
    kinds["different machines"] = len(machines)
    states = (state for machine in machines.values() for state in machine["States"].values())
    return kinds, Counter(state["Type"] for state in states)


def _generated() -> Iterator[tuple[Journey, Machine]]:
    """Different journeys without end, the same each time, and what they compile to.

    Drawn from random bytes, without the search that makes small ones and variations of them.
    """
    drawn: list[tuple[Journey, Machine]] = []

    @settings(database=None, suppress_health_check=list(HealthCheck))
    @given(journeys(), st.integers(1, 999))
    def draw(definition: Journey, version: int) -> None:
        drawn.append((definition, compile_machine(definition, version, ARN)))

    chance, seen = Random(5), set[str]()
    while True:
        draw.hypothesis.fuzz_one_input(chance.randbytes(2_048))
        while drawn:
            definition, machine = drawn.pop()
            told = definition.model_dump_json()
            if told not in seen:
                seen.add(told)
                yield definition, machine
