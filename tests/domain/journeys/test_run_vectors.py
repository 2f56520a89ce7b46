"""Runs written down to the letter: what is stored, asked for, listened to, told and counted.

Other programs read these texts (the lake, the console, queues, people's own exports), so a change
of any of them is a decision. `tests/vectors/journeys/runs.json` has a journey, what comes, and all
that follows from it.
"""

import json
from dataclasses import asdict, is_dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.instants import format_instant, parse_instant
from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.calls import answer
from shared.domain.journeys.counting import deltas, leaving
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import Advance, advance, enrol
from shared.domain.journeys.listeners import leftovers, listeners
from shared.domain.journeys.milestones import told_by
from shared.domain.journeys.replay.replaying import Past, replay
from shared.domain.journeys.resuming import resumed
from shared.domain.journeys.stimulus import Facts, Happened, Merged, Perform, Stimulus, TimeUp
from shared.domain.journeys.told import told
from shared.domain.journeys.wakes import wake_of
from shared.domain.journeys.withdrawn import withdrawn
from shared.domain.profiles.model import View
from shared.domain.segments.expand import Definitions
from tests.domain.journeys.memory import NOON, journey

VECTORS = Path(__file__).parents[2] / "vectors" / "journeys" / "runs.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text())
LATER = NOON + timedelta(days=400)


def plain(value: Any) -> Any:
    """JSON data of what is told, without what is absent."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    match value:
        case datetime():
            return format_instant(value)
        case dict():
            return {key: plain(one) for key, one in value.items() if one not in (None, "", (), {})}
        case tuple() | list():
            return [plain(one) for one in value]
        case _:
            return value


def occurred(told_of: dict[str, Any]) -> Happened:
    at = parse_instant(told_of["at"])
    more = {key: one for key, one in told_of.items() if key != "at"}
    return Happened(occurred_at=at, **more)


def stimulus_of(told_of: dict[str, Any]) -> Stimulus:
    match told_of:
        case {"perform": step, "knows": {"zone": zone, **known}}:
            active = tuple(parse_instant(one) for one in known.get("active", ()))
            facts = Facts(View(known.get("traits", {}), {}), ZoneInfo(zone), active=active)
            return Perform(step, facts)
        case {"perform": step}:
            return Perform(step)
        case {"time_up": step, "visit": visit}:
            return TimeUp(step, visit)
        case {"merged": into}:
            return Merged(into)
        case _:
            return occurred(told_of["happened"])


def run(case: dict[str, Any]) -> tuple[Journey, list[Advance], list[Happened]]:
    """The journey, every advance, the entry first, and what happened."""
    definition = journey(*case["journey"]["steps"], **_without_steps(case["journey"]))
    made = [
        enrol(
            definition,
            3,
            occurred(case["entry"]),
            workspace_id="shop",
            profile_id="ada",
            enrolment_id="e1",
        )
    ]
    for told_of in case["comes"]:
        now = parse_instant(told_of["now"]) if "now" in told_of else made[-1].enrolment.clock_at
        made.append(advance(definition, made[-1].enrolment, stimulus_of(told_of), now))
    came = [case["entry"], *(one["happened"] for one in case["comes"] if "happened" in one)]
    return definition, made, [occurred(one) for one in came]


def _without_steps(told_of: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told_of.items() if name != "steps"}


def written(definition: Journey, made: list[Advance], came: list[Happened]) -> dict[str, Any]:
    """Everything that follows from a run."""
    timeline = {one.fact_id: one for one in came}
    last = made[-1].enrolment
    requests = list(asked_for(definition, last, last.trace))
    actions = [one for one in requests if isinstance(one, ActionRequest)]
    events = [event for one in actions for event in told(one, ("user_id", "u1"), LATER, how="well")]
    places = (0, *(len(one.enrolment.trace) for one in made))
    return {
        "enrolment": last.to_json(),
        "effects": [plain([one.effects, one.wake]) for one in made],
        "asked": [json.loads(one.to_body()) for one in requests],
        "events": [plain(one) for one in events],
        "milestones": [plain(one) for one in told_by(last, 0, LATER)],
        "milestones since": [
            [one.name for one in told_by(last, told_of, LATER)]
            for told_of in range(len(last.trace) + 1)
        ],
        "counted": [
            sorted([*one, n] for one, n in deltas(each.enrolment, told_of).items())
            for told_of, each in zip(places, made, strict=False)
        ],
        "leaving": [[*one, n] for one, n in leaving(last).items()],
        "listens": [plain(one) for one in listeners(definition, last).values()],
        "left": [plain(one) for one in leftovers(definition, last, *_before(made))],
        "answers": _answers(definition, last),
        "withdrawn": [list(withdrawn(one.enrolment, 0)) for one in made],
        "resumed": plain(resumed(definition, last).to_json(LATER, 1))
        if last.status == "active"
        else None,
        "wake": [plain(wake_of(one.enrolment)) for one in made],
        "phase": [one.enrolment.phase for one in made],
        "replayed": _replayed(definition, last, {}),
        "replayed by the timeline": _replayed(definition, last, timeline),
    }


def _before(made: list[Advance]) -> tuple[str, int]:
    """Where it stood before the last thing came."""
    stood = made[-2].enrolment
    return stood.at, stood.visits.get(stood.at, 0)


def _answers(definition: Journey, last: Enrolment) -> dict[str, Any]:
    """What a call is answered that begins, or performs or ends a step."""
    told_of: dict[str, Any] = {}
    for name in ("", *(step.name for step in definition.steps)):
        for after in (None, definition.step(name)) if name else (None,):
            given = answer(definition, last, name, after)
            key = f"{name}: {'performed' if after else 'told'}"
            told_of[key] = given.to_json(LATER, 1) if given else None
    return told_of


def _replayed(definition: Journey, last: Enrolment, timeline: dict[str, Happened]) -> list[str]:
    """What each line follows from; each comes out as it was, also when the timeline is gone."""
    past = Past(timeline, [], False, Definitions({}, {}), NOON - timedelta(days=900))
    lines = replay(last, lambda version: definition, past)
    assert [line.replayed for line in lines] == [line.recorded for line in lines]
    return [line.by for line in lines]


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_a_run_is_written_down_to_the_letter(case: dict[str, Any]) -> None:
    definition, made, came = run(case)
    found = json.loads(json.dumps(written(definition, made, came)))
    assert found.keys() == case["comes to"].keys()
    for part, wanted in case["comes to"].items():
        assert found[part] == wanted, part
    for one in made:
        stored = json.dumps(one.enrolment.to_json())
        assert Enrolment.from_json(json.loads(stored)) == one.enrolment, "read as it was written"
